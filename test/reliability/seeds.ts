/** Which dice are thrown: DOSSIER_SEED when a run is to be repeated, else always the same few, so that a build is red for what changed and not by chance. */
export function seeds(...fixed: readonly string[]): readonly string[] {
  const asked = process.env['DOSSIER_SEED'];
  return asked === undefined || asked === '' ? fixed : [asked];
}
