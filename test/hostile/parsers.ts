/** The parsers of what the operator reads that others wrote, each with what may come: pieces to mix, the longest text, and inputs made to be slow or large. */
import { expect } from 'vitest';
import { fileNameProblem } from '../../src/api/file-name.ts';
import { compileExtraction, compilePattern } from '../../src/api/parameters/pattern.ts';
import { compileFormula } from '../../src/formula/formula.ts';
import { foreignText } from '../../src/foreign-text.ts';
import { compileJsonPath } from '../../src/json-path/json-path.ts';
import { VisitsError } from '../../src/json-path/visits.ts';
import type { Secret } from '../../src/kube/objects.ts';
import { addressGuard } from '../../src/net/address-policy.ts';
import { parseNetwork } from '../../src/net/addresses.ts';
import { anywhereProblem, hostProblem } from '../../src/operator/allowed-hosts.ts';
import { factsOf } from '../../src/operator/report/job-facts.ts';
import { instantOf } from '../../src/operator/schedule/marks.ts';
import { readRequest } from '../../src/operator/schedule/request.ts';
import type { Template } from '../../src/operator/template/template.ts';
import { templateProblems } from '../../src/operator/template/validate.ts';
import { readQuantity } from '../../src/quantity/quantity.ts';
import { formatProgress, parseProgress } from '../../src/runner/progress.ts';
import { parseResult, RESULT_LIMIT_BYTES } from '../../src/runner/result.ts';
import { ANSWER_LIMIT_BYTES, isPlainAnswer } from '../../src/s3/answer.ts';
import { parseDescribed } from '../../src/descriptor/descriptor.ts';
import { frame, framed, parseFrameFacts } from '../../src/runner/describe/frame.ts';
import { parseCron } from '../../src/schedule/cron.ts';
import { dueTimes, nextTime, previousTime } from '../../src/schedule/timetable.ts';
import { checkPlaceholders } from '../../src/sql/placeholders.ts';
import { postgresDestination } from '../../src/sql/postgres-url.ts';
import { ZoneOffsets } from '../../src/time/zone-offsets.ts';
import { timeZoneProblem } from '../../src/time/zones.ts';
import type { ReportSchedule } from '../../src/api/generated/reportschedule.ts';
import { expectShort } from '../support/held.ts';

/** The apiserver stores no object that is larger; annotations have a quarter of a mebibyte in all. */
const ANNOTATIONS_BYTES = 256 * 1024;

const zone = new ZoneOffsets('Australia/Lord_Howe');
const policy = { allowLoopback: false, private: 'listed', refused: [] } as const;

function secretWith(annotation: string): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'a',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-10-01T00:00:00Z',
      annotations: { 'dossier.dev/allowed-hosts': annotation },
    },
  };
}

function scheduleWith(annotation: string): ReportSchedule {
  return { metadata: { annotations: { 'dossier.dev/run': annotation } }, status: {} } as unknown as ReportSchedule;
}

/** As the apiserver would store it, but for rules that are not the operator's. */
function templateWith(source: object, columns: readonly object[]): Template {
  return {
    kind: 'ReportTemplate',
    metadata: { name: 'a', namespace: 'b' },
    spec: { source, columns, parameters: [{ name: 'month', type: 'Period' }], formats: ['CSV'], job: { serviceAccountName: 'a' } },
  } as unknown as Template;
}

const ALLOWED = { labelPrefixes: [], priorityClassNames: undefined, nodeSelectorKeys: undefined, tolerationKeys: undefined };

export interface Parser {
  /** What people put there, as pieces that are put together at random; and any text. */
  readonly pieces: readonly string[];
  /** Longest text that can come, in characters. */
  readonly longest: number;
  /** Parses and judges what came out; throws when that is more than it may be. */
  readonly parse: (text: string) => void;
  /** Inputs that were made to be slow or large. */
  readonly worst?: readonly string[];
}

export const filled = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
const worstOf = (length: number, ...pieces: readonly string[]): readonly string[] => pieces.map((piece) => filled(piece, length));

const deep = JSON.parse(
  `${'{"a":['.repeat(60)}${Array.from({ length: 2_000 }, () => '{"a":1,"b":[1,2,{"a":"x"}]}').join()}${']}'.repeat(60)}`,
) as unknown;

export const PARSERS: Readonly<Record<string, Parser>> = {
  'the annotation run of a schedule': {
    pieces: ['1764', 'a.b', ':', '-', '/', ' ', 'ä'],
    longest: ANNOTATIONS_BYTES,
    worst: worstOf(ANNOTATIONS_BYTES, 'a', '\u202e', '\n'),
    parse: (text) => {
      const request = readRequest(scheduleWith(text), undefined);
      if (request.kind === 'refused') expectShort(request.message);
      if (request.kind === 'asked') expect(request.value.length).toBeLessThanOrEqual(64);
    },
  },
  'the annotations scheduled-at, covers-until and cover-from': {
    pieces: ['2026-10-01', 'T', '24:00:00', '00:00:60', '.5', 'Z', '+99:99', '9999-99-99', '-000001'],
    longest: ANNOTATIONS_BYTES,
    worst: worstOf(ANNOTATIONS_BYTES, '2026-10-01T00:00:00.', '1', '0000-00-00T'),
    parse: (text) => {
      const instant = instantOf(text);
      if (instant !== undefined) expect(Number.isSafeInteger(instant)).toBe(true);
    },
  },
  'the annotation allowed-hosts of a Secret': {
    pieces: ['*.', 'example.com', ':443', ',', ' ', '*', '[::1]'],
    longest: ANNOTATIONS_BYTES,
    worst: worstOf(ANNOTATIONS_BYTES, ',', '*.', '*.a,', ' , '),
    parse: (text) => {
      expectShort(hostProblem(secretWith(text), 'db.example.com:5432', true));
      expectShort(anywhereProblem(secretWith(text), true));
    },
  },
  'a termination message': {
    pieces: [
      '{"ok":true',
      '{"ok":false',
      ',"rows":1',
      ',"rows":-1',
      ',"rows":1e400',
      ',"sheets":1',
      ',"bytes":2',
      `,"sha256":"${'a'.repeat(64)}"`,
      ',"etag":"e"',
      ',"key":"k"',
      ',"reason":"SourceFailed"',
      ',"reason":"__proto__"',
      ',"message":"m"',
      ',"retryable":false',
      '}',
      '[',
      '\\u0000',
    ],
    longest: 12 * 1024,
    worst: worstOf(12 * 1024, '[', '{"ok":', '"\\u0000', '😀'),
    parse: (text) => {
      const result = parseResult(text);
      if (result !== undefined) expect(JSON.stringify(result).length).toBeLessThanOrEqual(6 * RESULT_LIMIT_BYTES);
      if (result?.ok === false) expectShort(result.message, 520);
    },
  },
  'what a repository’s pod says of its descriptor': {
    pieces: [
      '{"templates":[',
      ...['"name":"a"', '"name":"../b"', '"place":"x"', '"spec":{}', '"spec":{"job":{}}', '"code":{"kind":"module","entrypoint":"a.ts"}'],
      ...['],"warnings":[]}', '{"mistakes":["x"]}', '{', '}', ',', '[', ']', '"__proto__":', '\u0000', 'dossier-descriptor 1 '],
      ...['{"bytes":1', `,"sha256":"${'a'.repeat(64)}"`],
    ],
    longest: 257 * 1024,
    worst: worstOf(257 * 1024, '[', '{"templates":[', '"', 'dossier-descriptor 1 ', '\n'),
    parse: (text) => {
      const described = parseDescribed(text);
      if (described?.kind === 'mistakes') for (const mistake of described.mistakes) expectShort(mistake, 512);
      const facts = parseFrameFacts(text);
      if (facts !== undefined) expect(framed(text, facts)).toBeUndefined();
      const own = frame('{}');
      expect(framed(`${text}\n${own.lines}`, own.facts)).toBe('{}');
    },
  },
  'the tail of a log': {
    pieces: [
      formatProgress({ rows: 1, bytes: 2, phase: 'Rendering' }, new Date(0)),
      '\n',
      '{"msg":"progress"',
      ',"rows":1',
      ',"bytes":-1',
      ',"phase":"Uploading"',
      '}',
      'null',
      '\u001b[0m',
      '\r',
    ],
    longest: 4096,
    worst: worstOf(4096, '\n', '{\n', '{"msg":"progress"}\n', '['),
    parse: (text) => {
      const progress = parseProgress(text);
      if (progress !== undefined) expect(Object.keys(progress)).toEqual(['rows', 'bytes', 'phase']);
    },
  },
  'the plan of a Job': {
    pieces: ['{"version":1', ',"attempt":1', ',"template":{}', ',"output":null', ',"activeDeadlineSeconds":1', '}', '[[', 'null'],
    longest: 131_072,
    worst: worstOf(131_072, '[', '{"output":', '"'),
    parse: (text) => void factsOf(text),
  },
  'a JSONPath': {
    pieces: [
      '$',
      '@',
      '.a',
      '..',
      '*',
      '[',
      ']',
      '?',
      '(',
      ')',
      '&&',
      '||',
      '!',
      '==',
      '<',
      "'a'",
      '-1',
      ':',
      ',',
      '0',
      '[*]',
      '..*',
      '[?@.a]',
      '["\\ud800"]',
      '9007199254740993',
    ],
    longest: 4096,
    worst: [
      '$..*..*..*..*',
      '$..[?@..a]',
      '$..[?@..*]',
      '$..[?$..a == @..b]',
      '$[?(@.a&&(@.a||@.a))]',
      `$${'..*'.repeat(84)}`,
      `$${'[0,0,0,0]'.repeat(28)}`,
      `$[?${'('.repeat(120)}@.a${')'.repeat(120)}]`,
      `$[?${'!'.repeat(250)}@]`,
      `$${"['a']".repeat(50)}`,
    ],
    parse: (text) => {
      const compiled = compileJsonPath(text, ['$', '@']);
      if (!compiled.ok) return expectShort(compiled.problem);
      try {
        expect(compiled.path.find({ $: deep, '@': deep }).length).toBeLessThanOrEqual(100_000);
      } catch (error) {
        if (!(error instanceof VisitsError)) throw error;
      }
    },
  },
  'a cron expression': {
    pieces: [
      '* * * * *',
      '0 6 31 2 *',
      '0 0 29 2 *',
      '*/15',
      '1-5',
      ',',
      ' ',
      '?',
      'L',
      '#',
      '@daily',
      '@every 1s',
      'TZ=UTC ',
      'MON',
      '99999999999',
      '-',
      '/0',
    ],
    longest: 1024,
    worst: [
      '59 23 29 2 6',
      '0 0 31 4,6,9,11 *',
      '30 2 * * *',
      `${filled('0,', 200)}0 * * * *`,
      filled('* ', 256),
      filled('1-', 256),
      filled('*/', 256),
      filled('0,', 256),
    ],
    parse: (text) => {
      const rule = parseCron(text);
      if (!rule.ok) return expectShort(rule.problem);
      const timetable = { rule: rule.value, zone };
      const [from, to] = [Date.UTC(2024, 0, 1), Date.UTC(2026, 0, 1)];
      nextTime(timetable, to);
      previousTime(timetable, to);
      expect(dueTimes(timetable, from, to, 100).newest.length).toBeLessThanOrEqual(100);
    },
  },
  'a time zone': {
    pieces: ['Europe/', 'Berlin', 'UTC', '+02:00', 'europe', '/', '..', 'Etc/GMT+5', '\0'],
    longest: 64,
    worst: worstOf(64, 'A/', '+', 'Etc/'),
    parse: (text) => expectShort(timeZoneProblem(text)),
  },
  'a quantity': {
    pieces: ['1', '.', '0', 'Gi', 'm', 'e', 'E', '-', '+', '1e999', '1e9999', 'Ki', ' '],
    longest: 4096,
    worst: [...worstOf(4096, '9', '.', '1e', '0'), '1e999', '1e-999', `${'9'.repeat(990)}Ei`],
    parse: (text) => expect(readQuantity(text)?.length ?? 0).toBeLessThanOrEqual(1_100),
  },
  'a pattern': {
    pieces: ['(', ')', 'a', '*', '+', '?', '{1000}', '{0,1000}', '[a-z]', '\\p{L}', '|', '^', '$', '(?i)', '\\b', '\\1', '(?=a)', '.'],
    longest: 1024,
    worst: [
      '(a*)*b',
      '(a|a)*b',
      '(.*)(.*)(.*)(.*)(.*)x',
      '((a{30}){30}){30}',
      '(((a{10}){10}){10}){9}',
      filled('(', 256),
      filled('a?', 256),
      filled('[^', 256),
      filled('\\pL', 256),
      '(?:a?){500}a{500}',
      '.{1000}',
      '(x+x+)+y',
    ],
    parse: (text) => {
      const compiled = compilePattern(text);
      if (!compiled.ok) return expectShort(compiled.problem);
      compiled.value('a'.repeat(40));
      const extraction = compileExtraction(text);
      if (!extraction.ok) expectShort(extraction.problem);
    },
  },
  'a formula': {
    pieces: ['a', ':b', '+', '-', '*', '/', '(', ')', '1', '0.5', '99999999999999999999', ' ', '.'],
    longest: 1024,
    worst: worstOf(256, '(', '-', '1/3*', '9', '1+', '9*'),
    parse: (text) => {
      const compiled = compileFormula(text);
      if (!compiled.ok) return expectShort(compiled.problem);
      compiled.formula.evaluate({ column: () => undefined, parameter: () => undefined });
    },
  },
  'a query': {
    pieces: ['select ', ':month_from', "'", '"', '$$', '$tag$', '/*', '*/', '--', '\n', '::text', ':', "e'\\", ';', '[', ':unknown'],
    longest: 32_768,
    worst: worstOf(32_768, ':a ', '/*', '$a$', "'", '$', ':', '--\n', '"', "E'\\"),
    parse: (text) => checkPlaceholders(text, [{ name: 'month', type: 'Period' }]).forEach((problem) => expectShort(problem)),
  },
  'the URL of a database': {
    pieces: ['postgres://', 'user', ':', '@', '[::1]', '/', '?', 'sslmode=disable', '&', '%', '%00', 'host', ',', '#'],
    longest: 65_536,
    worst: worstOf(65_536, '%', '&a=', '@', '[', ':', 'postgres://'),
    parse: (text) => void postgresDestination(text),
  },
  'an allowed host': {
    pieces: ['10.0.0.0', '/8', '/129', '[', 'fd00::1', ']', ':80', 'example.com', '.', '*', '::ffff:127.0.0.1', '0x7f.1'],
    longest: 260,
    worst: worstOf(260, ':', '1.', '[', '0'),
    parse: (text) => {
      parseNetwork(text);
      let guard;
      try {
        guard = addressGuard({ ...policy, allowed: [text] });
      } catch (error) {
        // Its contract; templates with such an entry are not ready.
        expect(error).toBeInstanceOf(TypeError);
        return;
      }
      // Whatever is allowed, never these.
      for (const address of ['127.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1'])
        expect(guard({ host: text, port: 80 }, address)).toBeDefined();
    },
  },
  'every text of a template with the source http': {
    pieces: ['{{', '}}', 'month_from', 'http://', 'a', '$', '.a', '[*]', '\r\n', '10.0.0.0/8', ':', '[', '%', '@', '#'],
    longest: 4096,
    worst: worstOf(4096, '{{', '{{a}}', '$..', '[', ':', '%'),
    parse: (text) => {
      const http = {
        url: text,
        query: [{ name: text, value: text }],
        headers: [{ name: text, value: text }],
        format: 'JSON',
        rows: text,
        pagination: { type: 'Cursor', parameter: text, cursor: text },
        allowedHosts: [text],
      };
      templateProblems(templateWith({ http }, [{ name: 'a', type: 'String', path: text }]), ALLOWED).forEach((problem) =>
        expectShort(problem),
      );
    },
  },
  'every text of a template with the source kubernetes': {
    pieces: ['$', '@', '.a', '[*]', 'a', '=', '!=', ' in (', ')', ',', '!', 'v1', '/', '(', '*', ':a', '1'],
    longest: 1024,
    worst: worstOf(1024, '(', 'a,', '!', '$..', '1+', '(.*)'),
    parse: (text) => {
      const one = { apiVersion: text, kind: text, labelSelector: text, fieldSelector: text, forEach: text };
      const also = [{ ...one, joinOn: ['a', text], paths: [{ column: 'a', path: text }] }];
      const where = [
        { column: text, operator: 'AtLeast', values: [text] },
        { column: 'a', operator: 'In', parameter: text },
      ];
      const columns = [
        { name: 'a', type: 'String', path: text, extract: text, default: text },
        { name: 'b', type: 'Decimal', formula: text, scale: 2 },
        { name: 'c', type: 'Quantity', path: text, default: text },
      ];
      const kubernetes = { ...one, also, where, groupBy: ['a', text] };
      templateProblems(templateWith({ kubernetes }, columns), ALLOWED).forEach((problem) => expectShort(problem));
    },
  },
  'the name of a file': {
    pieces: ['..', '/', '\\', '\0', '.', 'a', '\u202e', '\u2028', '😀', ' '],
    longest: 200,
    worst: worstOf(200, '😀', '.', '\u0301'),
    parse: (text) => expectShort(fileNameProblem(text)),
  },
  'any foreign text': {
    pieces: ['\u0000', '\u202e', '\n', '\ud800', 'a', '\u2028'],
    longest: 1_000_000,
    worst: worstOf(1_000_000, '\0', '\ud800', '\u202e\n'),
    parse: (text) => {
      const shown = foreignText(text);
      expectShort(shown, 520);
      expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
    },
  },
  'the answer of an object store': {
    pieces: ['<?xml version="1.0"?>', '<Error>', '<Code>NoSuchKey</Code>', '<!DOCTYPE a [', '<!ENTITY', ']]>', '</', '>', '&lt;', '<', 'a'],
    longest: ANSWER_LIMIT_BYTES,
    worst: worstOf(ANSWER_LIMIT_BYTES, '<', 'a', '<a>', '<?', '<!'),
    parse: (text) => void isPlainAnswer(Buffer.from(text).subarray(0, ANSWER_LIMIT_BYTES)),
  },
};
