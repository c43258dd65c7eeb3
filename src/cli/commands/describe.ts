/** `kubectl dossier describe`: what a template makes, what it asks for, and a Report to start from. */
import type { Command } from '../command.ts';
import { findTemplate } from '../find-template.ts';
import { templateText } from '../template-text.ts';

export const describeTemplate: Command = {
  name: 'describe',
  synopsis: 'TEMPLATE [--cluster]',
  summary: 'Shows what a template makes, which parameters it takes, and a Report to start from.',
  help: `
Each parameter stands with its type, its default, what it allows and what it is for. The manifest at the end has the parameters that must
be given.

  kubectl dossier describe invoices
  kubectl dossier describe system-resources --cluster
`,
  options: [{ name: 'cluster', help: 'it is a ClusterReportTemplate' }],
  words: [1, 1],
  run: async (given, world) => {
    const kind = given.has('cluster') ? 'ClusterReportTemplate' : 'ReportTemplate';
    const template = await findTemplate(world, kind, given.words[0] ?? '');
    // What the apiserver returns for one object has its kind; lists do not.
    world.out.write(templateText({ ...template, kind }, world.namespace));
    return 0;
  },
};
