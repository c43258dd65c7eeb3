/** The three forms of a repository's address, read by ourselves: git would also take file paths, other transports, and options that begin with a dash. */

export type GitAddress =
  | { readonly kind: 'https'; readonly host: string; readonly port: number; readonly url: string }
  | { readonly kind: 'ssh'; readonly host: string; readonly port: number; readonly url: string };

const SCP = /^[A-Za-z0-9_][A-Za-z0-9._-]*@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):[A-Za-z0-9._~/+][A-Za-z0-9._~/+-]*$/;
const SSH =
  /^ssh:\/\/[A-Za-z0-9_][A-Za-z0-9._-]*@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?\/[A-Za-z0-9._~/+-]+$/;

/** Undefined when it is none of them. `url` is what git may be given. */
export function parseGitAddress(text: string): GitAddress | undefined {
  if (text.startsWith('https://')) {
    const url = URL.parse(text);
    if (url === null || url.username !== '' || url.password !== '' || url.hash !== '' || url.search !== '' || url.pathname === '/')
      return undefined;
    return { kind: 'https', host: withoutBrackets(url.hostname), port: url.port === '' ? 443 : Number(url.port), url: url.href };
  }
  const [, host, port] = SSH.exec(text) ?? SCP.exec(text) ?? [];
  if (host === undefined || Number(port ?? 22) > 65_535) return undefined;
  return { kind: 'ssh', host: withoutBrackets(host), port: Number(port ?? 22), url: text };
}

/** `host:port`, for allowed hosts and messages. */
export function hostPort({ host, port }: GitAddress): string {
  return `${host}:${port}`;
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
