/**
 * The images of a local node: a table from image name to the local program that stands for it.
 *
 * There is no registry. A name that parses and is not in the table fails as a pull of an unknown image does, so that everything which watches for ErrImagePull sees the
 * real thing; a name added later is found by the next try, as an image pushed late would be.
 */

/** How a container of this image runs, in a Dockerfile's words: `command` of a pod replaces the entrypoint, `args` replace the default arguments. */
export interface LocalImage {
  readonly entrypoint: readonly string[];
  /** Default arguments (CMD). */
  readonly defaultArgs?: readonly string[];
  /** Environment of the image (ENV); a pod's own variables win. */
  readonly env?: Readonly<Record<string, string>>;
}

export type ImageAnswer =
  | { readonly kind: 'present'; readonly image: LocalImage; readonly imageId: string }
  /** What the container waits with. */
  | {
      readonly kind: 'absent';
      readonly reason: 'ErrImagePull' | 'ErrImageNeverPull' | 'InvalidImageName';
      readonly message: string;
    };

/** Longest repository name, and the shapes of its parts, by the grammar of distribution/reference. */
const NAME_LIMIT = 255;
const HOST = /^(?:[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*(?:\.[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** `name` with `:latest` where it has neither tag nor digest; undefined when it is no image name. https://github.com/distribution/reference */
export function parseImageName(name: string): string | undefined {
  const at = name.indexOf('@');
  const digest = at < 0 ? undefined : name.slice(at + 1);
  const tagged = at < 0 ? name : name.slice(0, at);
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1); // a colon before the last slash belongs to the host's port
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1);
  const repository = colon < 0 ? tagged : tagged.slice(0, colon);
  const components = repository.split('/');
  const [first = ''] = components;
  if (components.length > 1 && (/[.:A-Z[]/.test(first) || first === 'localhost')) {
    if (!HOST.test(first)) return undefined;
    components.shift();
  }
  if (repository.length > NAME_LIMIT || !components.every((component) => COMPONENT.test(component))) return undefined;
  if ((tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  return tag === undefined && digest === undefined ? `${name}:latest` : name;
}

export class ImageTable {
  readonly #images = new Map<string, LocalImage>();

  constructor(images: Readonly<Record<string, LocalImage>>) {
    for (const [name, image] of Object.entries(images)) this.add(name, image);
  }

  /** Adds or replaces one. Throws when the name is no image name. */
  add(name: string, image: LocalImage): void {
    const parsed = parseImageName(name);
    if (parsed === undefined) throw new Error(`"${name}" is not an image name`);
    this.#images.set(parsed, image);
  }

  /** What the kubelet would find or say; its messages, with the reason a registry would give replaced by ours. */
  find(name: string, policy: 'Always' | 'IfNotPresent' | 'Never'): ImageAnswer {
    const parsed = parseImageName(name);
    if (parsed === undefined) {
      const cause = parseImageName(name.toLowerCase()) === undefined ? 'invalid reference format' : 'repository name must be lowercase';
      const message = `Failed to apply default image tag "${name}": couldn't parse image name "${name}": ${cause}`;
      return { kind: 'absent', reason: 'InvalidImageName', message };
    }
    const image = this.#images.get(parsed);
    if (image !== undefined) return { kind: 'present', image, imageId: `local/${parsed}` };
    if (policy === 'Never') {
      const message = `Container image "${name}" is not present with pull policy of Never`;
      return { kind: 'absent', reason: 'ErrImageNeverPull', message };
    }
    const message = `failed to pull image "${parsed}": not found: a local node has no registry and runs only the images it was given`;
    return { kind: 'absent', reason: 'ErrImagePull', message };
  }
}

/** What the container waits with between two pulls. */
export function backOffMessage(name: string, failure: string): string {
  return `Back-off pulling image "${parseImageName(name) ?? name}": ErrImagePull: ${failure}`;
}
