/**
 * Import this before `@peculiar/x509`, whose dependency injection (tsyringe) refuses to load without Reflect.getMetadata.
 *
 * That function reads types which the TypeScript compiler emits for decorated classes. None of the classes involved is decorated so: "nothing known" is the true answer,
 * and no polyfill is needed.
 */
const nothingKnown = (): undefined => undefined;
for (const name of ['getMetadata', 'getOwnMetadata']) {
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value: nothingKnown, configurable: true, writable: true });
}
