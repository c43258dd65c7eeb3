/** Made from crds/clusterreporttemplates.yaml by `npm run generate`; not edited by hand. */
import type { Condition, ObjectMeta } from '../../kube/objects.ts';

/**
 * A ClusterReportTemplate is a ReportTemplate that belongs to no namespace: Reports of every namespace that allowedNamespaces selects can
 * name it. What it reads stays in the Report's own namespace: the Secrets and storages that it names are looked up there, and nothing is
 * ever read across namespaces.
 */
export interface ClusterReportTemplate {
  readonly apiVersion: 'dossier.dev/v1alpha1';
  readonly kind: 'ClusterReportTemplate';
  readonly metadata: ObjectMeta;
  /**
   * How Reports are made. It may be changed at any time: a run that has begun keeps what it was started with, and status.template of a
   * Report says which generation that was.
   */
  readonly spec: ClusterReportTemplateSpec;
  /** Whether Reports can be made from the template. Written by the operator only. */
  readonly status: ClusterReportTemplateStatus;
}

export interface ClusterReportTemplateSpec {
  /** Name of the report for people, e.g. Invoices; at most 200 characters. */
  readonly title?: string;
  /** What the report holds and what its parameters mean, for people who want one; at most 4,096 characters. */
  readonly description?: string;
  /**
   * Which namespaces may use the template, by their labels, e.g. {matchLabels: {team: billing}}; matchLabels and matchExpressions must all
   * hold. Without it, every namespace may. The label kubernetes.io/metadata.name of a namespace is its name. A Report of another namespace
   * ends as Failed with reason NamespaceNotAllowed.
   */
  readonly allowedNamespaces?: ClusterReportTemplateSpecAllowedNamespaces;
  /**
   * What a Report may or must give, at most 64, each name once. A query uses a parameter region as :region, and a Period month as
   * :month_from and :month_to.
   */
  readonly parameters?: readonly ClusterReportTemplateSpecParameter[];
  /** Where the rows come from: exactly one of inline, postgres, mysql, http, kubernetes, s3, container and git. */
  readonly source: ClusterReportTemplateSpecSource;
  /**
   * Columns of the file, in this order, at most 1,000, each name once. Optional for postgres and mysql: without them the file has the
   * columns of the query's result. Required for all other sources.
   */
  readonly columns?: readonly ClusterReportTemplateSpecColumn[];
  /** Formats that Reports may ask for, each once: CSV, JSON, NDJSON, XLSX. The first is the default. */
  readonly formats: readonly ('CSV' | 'JSON' | 'NDJSON' | 'XLSX')[];
  /**
   * For Reports that do not say it themselves: Gzip packs their CSV, JSON and NDJSON files, None (default) does not. XLSX files are
   * compressed already and stay as they are.
   */
  readonly compression: 'None' | 'Gzip';
  /** How CSV files are written. */
  readonly csv: ClusterReportTemplateSpecCsv;
  /** How JSON and NDJSON files are written. */
  readonly json: ClusterReportTemplateSpecJson;
  /** How XLSX workbooks are written. */
  readonly xlsx: ClusterReportTemplateSpecXlsx;
  /**
   * The ReportStorage that takes the files. It binds the template's Reports: they may not name another one, unless allowedStorageRefs lists
   * it.
   */
  readonly storageRef?: ClusterReportTemplateSpecStorageRef;
  /** ReportStorages that Reports may name instead of storageRef, at most 32, each once. */
  readonly allowedStorageRefs?: readonly ClusterReportTemplateSpecAllowedStorageRef[];
  /**
   * How many Reports of this template may run at once, 1 to 10000; the others wait as Pending with reason Queued. Default: only the
   * operator's limits.
   */
  readonly maxRunning?: number;
  /** Settings of the Jobs that make the files. Only these exist; whoever runs the operator may narrow them further. */
  readonly job: ClusterReportTemplateSpecJob;
}

export interface ClusterReportTemplateSpecAllowedNamespaces {
  /** Labels that the namespace must have with these values, at most 16. */
  readonly matchLabels?: Readonly<Record<string, string>>;
  /** Conditions on labels of the namespace, at most 16. */
  readonly matchExpressions?: readonly ClusterReportTemplateSpecAllowedNamespacesMatchExpression[];
}

export interface ClusterReportTemplateSpecAllowedNamespacesMatchExpression {
  /** Key of the label. */
  readonly key: string;
  /**
   * In: the label has one of values. NotIn: it has none of them, or the namespace has no such label. Exists: the namespace has the label.
   * DoesNotExist: it has not.
   */
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /** Values for In and NotIn, at most 64. */
  readonly values?: readonly string[];
}

export interface ClusterReportTemplateSpecParameter {
  /** Name that Reports and the query use, e.g. region: a letter, then at most 62 letters, digits and underscores. */
  readonly name: string;
  /**
   * String: text. Strings: a list of texts. Integer: a whole number of at most 64 bits. Decimal: an exact decimal number such as "12.50".
   * Boolean: "true" or "false". Date: a day, "2026-10-01". Timestamp: an instant with its zone, "2026-10-01T08:00:00+02:00". Choice: one of
   * choices. Choices: some of them. Period: from a day or instant to another one, half-open, or a name such as LastMonth.
   */
  readonly type: 'String' | 'Strings' | 'Integer' | 'Decimal' | 'Boolean' | 'Date' | 'Timestamp' | 'Choice' | 'Choices' | 'Period';
  /**
   * Whether a Report must give it, a list with at least one value. Default false: without a value and without a default it is null in the
   * query.
   */
  readonly required: boolean;
  /** What the parameter means, for whoever writes a Report; at most 1,024 characters. */
  readonly description?: string;
  /**
   * Value for Reports that give none, for every type but Strings, Choices and Period: a string of at most 1,024 characters, or an integer.
   * Put decimals ("12.50"), booleans ("true"), dates ("2026-10-01") and timestamps in quotes.
   */
  readonly default?: number | string | bigint;
  /** Values for Reports that give none, at most 1,000, e.g. [emea, amer]; only for types Strings and Choices. */
  readonly defaultValues?: readonly string[];
  /**
   * Period for Reports that give none, e.g. {from: "2026-10-01", to: "2026-11-01"}, {relative: LastMonth} or {lastDays: 7}; only for type
   * Period.
   */
  readonly defaultPeriod?: ClusterReportTemplateSpecParameterDefaultPeriod;
  /**
   * Regular expression in RE2 syntax that the whole text must match, in a list each of them, e.g. "[A-Z]{2}[0-9]{4}"; at most 256
   * characters; only for types String and Strings.
   */
  readonly pattern?: string;
  /** Fewest characters, in a list of each text, 0 to 1024; only for types String and Strings. */
  readonly minLength?: number;
  /** Most characters, in a list of each text, 0 to 1024; only for types String and Strings. Without it, 1024. */
  readonly maxLength?: number;
  /** Most values, 1 to 1000; only for type Strings. Without it, 1000. */
  readonly maxItems?: number;
  /**
   * What a Report may choose from, at most 1,000 values, each once, e.g. [{value: emea, label: EMEA}, {value: amer}]; only for types Choice
   * and Choices, which need it.
   */
  readonly choices?: readonly ClusterReportTemplateSpecParameterChoice[];
  /** Smallest value allowed; only for types Integer and Decimal. An integer, or a decimal in quotes, e.g. "0.01". */
  readonly minimum?: number | string | bigint;
  /** Largest value allowed; only for types Integer and Decimal. An integer, or a decimal in quotes, e.g. "99.99". */
  readonly maximum?: number | string | bigint;
  /** Longest period in days of the Report's time zone, 1 to 36600; only for type Period. */
  readonly maxDays?: number;
}

export interface ClusterReportTemplateSpecParameterDefaultPeriod {
  /**
   * First day (YYYY-MM-DD: it begins when that day begins in the Report's timeZone) or first instant (RFC 3339 with Z or an offset, e.g.
   * "2026-10-01T00:00:00+02:00").
   */
  readonly from?: string;
  /** The day after the last one, or the first instant that is no longer part of the period; written like from, and later than it. */
  readonly to?: string;
  /**
   * A period named from the day on which the Report was created, in its timeZone, e.g. LastMonth. Weeks begin on Monday, and This... runs
   * to its full end.
   */
  readonly relative?:
    'Today' | 'Yesterday' | 'ThisWeek' | 'LastWeek' | 'ThisMonth' | 'LastMonth' | 'ThisQuarter' | 'LastQuarter' | 'ThisYear' | 'LastYear';
  /** So many whole days before the day on which the Report was created, that day not counted; 1 to 36600. */
  readonly lastDays?: number;
}

export interface ClusterReportTemplateSpecParameterChoice {
  /** What a Report gives and the query gets, e.g. emea; at most 1,024 characters. */
  readonly value: string;
  /** What people read in its place, e.g. EMEA; at most 256 characters. */
  readonly label?: string;
}

export interface ClusterReportTemplateSpecSource {
  /** Rows that stand in the template itself, for small fixed lists and for trying things out. Needs columns. */
  readonly inline?: ClusterReportTemplateSpecSourceInline;
  /** Rows of one query, read in a read-only transaction with a cursor, so that millions of them need little memory. */
  readonly postgres?: ClusterReportTemplateSpecSourcePostgres;
  /** Rows of one query of MySQL or MariaDB, read in a read-only transaction as they come, so that millions of them need little memory. */
  readonly mysql?: ClusterReportTemplateSpecSourceMysql;
  /**
   * Rows of a web API or of a file on a web server, read with GET requests, page by page where the API has pages. Private addresses are
   * refused unless allowedHosts lists them; loopback, link-local and metadata addresses always are. Needs columns.
   */
  readonly http?: ClusterReportTemplateSpecSourceHttp;
  /**
   * Rows of the cluster's own objects, all of one kind as they were at one moment, read with the service account job.serviceAccountName,
   * which must have the right to list them. Needs columns.
   */
  readonly kubernetes?: ClusterReportTemplateSpecSourceKubernetes;
  /**
   * Rows of objects that lie in a bucket already: files that somebody puts there, or those of earlier Reports, for roll-ups. What is there
   * when the run begins is read, in the order of the keys; an object that is replaced or removed meanwhile fails the run. Packed by gzip or
   * not is seen from the content. Needs columns.
   */
  readonly s3?: ClusterReportTemplateSpecSourceS3;
  /**
   * Rows that a program of your own makes: a container image in any language. It reads its parameters from the JSON file that
   * DOSSIER_PARAMETERS names and writes one JSON object, or one array in the order of the columns, a line to the file that DOSSIER_ROWS
   * names. Exit code 0 says that the rows are complete; 64 that the last line of its log tells the user's mistake; anything else is tried
   * again. Needs columns.
   */
  readonly container?: ClusterReportTemplateSpecSourceContainer;
  /**
   * Rows that code from a git repository of your own makes. Each run gets the repository at a tag, branch or commit and then runs the
   * entrypoint, a .ts or .js module that exports a function which yields rows, or a program of your image. status.template.revision of a
   * Report names the commit. Needs columns.
   */
  readonly git?: ClusterReportTemplateSpecSourceGit;
}

export interface ClusterReportTemplateSpecSourceInline {
  /**
   * At most 1,000 rows and 64 KiB. Each is an object with values by the names of the columns; a name that is left out is empty. Integers
   * are exact within 64 bits. Put decimals ("12.50"), larger integers and dates in quotes: Kubernetes rounds 12.50 to 12.5, and a fraction
   * without quotes in a Decimal column is refused.
   */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface ClusterReportTemplateSpecSourcePostgres {
  /** Where the address of the database and its credentials stand. */
  readonly urlFrom: ClusterReportTemplateSpecSourcePostgresUrlFrom;
  /**
   * One SQL statement that returns rows, at most 32 KiB. Parameters are written as :name, and those of a Period as :name_from and :name_to,
   * e.g. where issued_at >= :month_from and issued_at < :month_to; they are bound by the driver, never pasted into the text. A parameter
   * without a value is null.
   */
  readonly query: string;
  /** How long the database may work on the query, in seconds, 1 to 604800. Default: only the Report's activeDeadlineSeconds bounds it. */
  readonly statementTimeoutSeconds?: number;
  /**
   * Key of a Secret that holds the certificates (PEM) of the authority that signed the server's; needed when it is not one that systems
   * trust.
   */
  readonly caSecretRef?: ClusterReportTemplateSpecSourcePostgresCaSecretRef;
}

export interface ClusterReportTemplateSpecSourcePostgresUrlFrom {
  /**
   * Key of a Secret of the Report's namespace that holds a URL: postgres://user:password@host:5432/database, with ?sslmode=disable only for
   * servers without TLS.
   */
  readonly secretKeyRef: ClusterReportTemplateSpecSourcePostgresUrlFromSecretKeyRef;
}

export interface ClusterReportTemplateSpecSourcePostgresUrlFromSecretKeyRef {
  /** Name of the Secret, e.g. billing-db. */
  readonly name: string;
  /** Key in the Secret, e.g. url. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecSourcePostgresCaSecretRef {
  /** Name of the Secret, e.g. billing-db-ca. */
  readonly name: string;
  /** Key in the Secret, e.g. ca.crt. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecSourceMysql {
  /** Where the address of the database and its credentials stand. */
  readonly urlFrom: ClusterReportTemplateSpecSourceMysqlUrlFrom;
  /**
   * One SQL statement that returns rows, at most 32 KiB. Parameters are written as :name, and those of a Period as :name_from and :name_to,
   * e.g. where issued_at >= :month_from and issued_at < :month_to; they are bound by the driver, never pasted into the text. A list in "in
   * (:names)" is its values, elsewhere one JSON array. A parameter without a value is null.
   */
  readonly query: string;
  /**
   * How long the statement may take until its last row was read, in seconds, 1 to 604800. Default: only the Report's activeDeadlineSeconds
   * bounds it.
   */
  readonly statementTimeoutSeconds?: number;
  /**
   * Key of a Secret that holds the certificates (PEM) of the authority that signed the server's; needed when it is not one that systems
   * trust.
   */
  readonly caSecretRef?: ClusterReportTemplateSpecSourceMysqlCaSecretRef;
}

export interface ClusterReportTemplateSpecSourceMysqlUrlFrom {
  /**
   * Key of a Secret of the Report's namespace that holds a URL: mysql://user:password@host:3306/database, with ?sslmode=disable only for
   * servers without TLS.
   */
  readonly secretKeyRef: ClusterReportTemplateSpecSourceMysqlUrlFromSecretKeyRef;
}

export interface ClusterReportTemplateSpecSourceMysqlUrlFromSecretKeyRef {
  /** Name of the Secret, e.g. billing-db. */
  readonly name: string;
  /** Key in the Secret, e.g. url. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecSourceMysqlCaSecretRef {
  /** Name of the Secret, e.g. billing-db-ca. */
  readonly name: string;
  /** Key in the Secret, e.g. ca.crt. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecSourceHttp {
  /**
   * What is asked, http or https, e.g. https://api.example.com/v1/invoices?state=open; at most 2,048 characters. Headers and next links
   * never leave its origin.
   */
  readonly url: string;
  /**
   * What is added to the query of the URL, encoded, at most 64 pairs, also several of one name. {{name}} in a value stands for a parameter,
   * and those of a Period for its bounds as RFC 3339 instants in the Report's time zone, e.g. {name: from, value: "{{month_from}}"}. A pair
   * whose parameter has no value is left out.
   */
  readonly query?: readonly ClusterReportTemplateSpecSourceHttpQuery[];
  /** Headers of each request, at most 32, each once. They are sent to the origin of the url only, whatever redirects say. */
  readonly headers?: readonly ClusterReportTemplateSpecSourceHttpHeader[];
  /**
   * What the server answers with, in UTF-8. JSON (default): a document with a list of rows. NDJSON: a JSON value in every line. CSV: RFC
   * 4180 with a header.
   */
  readonly format: 'JSON' | 'NDJSON' | 'CSV';
  /**
   * JSONPath to the list of rows in a JSON answer, e.g. $.data.items; default $, the answer itself. With names, indexes and * only, rows
   * are read while they arrive; any other path needs the whole answer in memory, at most 32 MiB. A path that leads to nothing, or to
   * something else than a list, fails the Report.
   */
  readonly rows?: string;
  /** How the answers after the first one are asked for. Without it, one answer has all the rows. */
  readonly pagination?: ClusterReportTemplateSpecSourceHttpPagination;
  /**
   * Private addresses that may be reached, at most 32: a host, host:port, an address or a range, e.g. api.billing.svc:8080 or 10.0.0.0/8.
   * It holds for redirects and next links too.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Key of a Secret that holds the certificates (PEM) of the authority that signed the server's; needed when it is not one that systems
   * trust.
   */
  readonly caSecretRef?: ClusterReportTemplateSpecSourceHttpCaSecretRef;
}

export interface ClusterReportTemplateSpecSourceHttpQuery {
  /** Name of the pair, e.g. from. */
  readonly name: string;
  /** Its value, as plain text, with {{name}} for parameters; at most 1,024 characters. */
  readonly value: string;
}

export interface ClusterReportTemplateSpecSourceHttpHeader {
  /** Name of the header, e.g. Authorization. */
  readonly name: string;
  /** Its value, for what is no secret; ASCII, at most 4,096 characters. */
  readonly value?: string;
  /** Where its value stands. */
  readonly valueFrom?: ClusterReportTemplateSpecSourceHttpHeaderValueFrom;
}

export interface ClusterReportTemplateSpecSourceHttpHeaderValueFrom {
  /**
   * Key of a Secret of the Report's namespace that holds the whole value of the header, e.g. Bearer and a token. Line breaks at its end are
   * left out.
   */
  readonly secretKeyRef: ClusterReportTemplateSpecSourceHttpHeaderValueFromSecretKeyRef;
}

export interface ClusterReportTemplateSpecSourceHttpHeaderValueFromSecretKeyRef {
  /** Name of the Secret, e.g. billing-api. */
  readonly name: string;
  /** Key in the Secret, e.g. authorization. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecSourceHttpPagination {
  /**
   * None: one answer has all. Link: the answer's Link header names the next one (RFC 8288), until there is none. Page and Offset: the
   * parameter counts pages or rows, until a page is empty. Cursor: the answer holds the parameter's next value, until it is null or absent.
   * Behind an empty page a new link or cursor is followed, too. One that was there before fails the Report, or is the end when its page is
   * empty.
   */
  readonly type: 'None' | 'Link' | 'Page' | 'Offset' | 'Cursor';
  /** Name in the query of the page, offset or cursor, e.g. page; for types Page, Offset and Cursor. */
  readonly parameter?: string;
  /** What counting begins with, for types Page (default 1) and Offset (default 0). */
  readonly start?: number;
  /** Name in the query of the size of a page, e.g. per_page; needs size. */
  readonly sizeParameter?: string;
  /** How many rows a full page has, 1 to 100000. */
  readonly size?: number;
  /**
   * Whether a page with fewer rows than size is the last one, for types Page and Offset. Only for APIs that promise it: where a server may
   * return less than was asked for, rows would be missing. Default false.
   */
  readonly shortPageEnds?: boolean;
  /** JSONPath to the next cursor in a JSON answer, e.g. $.meta.next; for type Cursor. */
  readonly cursor?: string;
}

export interface ClusterReportTemplateSpecSourceHttpCaSecretRef {
  /** Name of the Secret, e.g. billing-api-ca. */
  readonly name: string;
  /** Key in the Secret, e.g. ca.crt. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecSourceKubernetes {
  /** Version of the API that the objects belong to, as they write it, e.g. v1 or apps/v1. */
  readonly apiVersion: string;
  /**
   * Kind of the objects, e.g. Pod. Of Secrets only name, namespace, labels, uid, creationTimestamp and ownerReferences of their metadata
   * can be read.
   */
  readonly kind: string;
  /** Only objects whose labels match, as in kubectl get -l, e.g. app=web,tier in (front, back); at most 1,024 characters. */
  readonly labelSelector?: string;
  /**
   * Only objects whose fields match, as in kubectl get --field-selector, e.g. status.phase=Running; each kind has its own few fields. At
   * most 1,024 characters.
   */
  readonly fieldSelector?: string;
  /** Whether objects of all namespaces are read, and of none. Default false, the Report's own namespace. */
  readonly allNamespaces: boolean;
  /**
   * JSONPath from $, the object: each value that it finds is a row, and @ in the paths of columns, e.g. $.spec.containers[*]. Without it,
   * each object is a row.
   */
  readonly forEach?: string;
  /**
   * Further kinds, at most 8, whose rows follow those of the first, each as it was at a moment of its own. With groupBy, rows of different
   * kinds that are equal in these columns become one.
   */
  readonly also?: readonly ClusterReportTemplateSpecSourceKubernetesAlso[];
  /**
   * Conditions that a row must meet, all of them, at most 16. On a column with an aggregate or a formula, it is the finished row that must.
   * A condition whose parameter a Report leaves out always holds.
   */
  readonly where?: readonly ClusterReportTemplateSpecSourceKubernetesWhere[];
  /**
   * Names of columns, at most 32: rows that are equal in all of them become one, and every other column says by aggregate how. At most
   * 100,000 groups, in the order of these columns' values.
   */
  readonly groupBy?: readonly string[];
}

export interface ClusterReportTemplateSpecSourceKubernetesAlso {
  /** Version of the API that the objects belong to, as they write it, e.g. v1 or apps/v1. */
  readonly apiVersion: string;
  /** Kind of the objects, e.g. PersistentVolumeClaim. */
  readonly kind: string;
  /** Only objects whose labels match; at most 1,024 characters. */
  readonly labelSelector?: string;
  /** Only objects whose fields match; at most 1,024 characters. */
  readonly fieldSelector?: string;
  /** JSONPath from $, the object, to the values that are its rows, as above. Without it, each object is a row. */
  readonly forEach?: string;
  /**
   * Names of columns, at most 8: objects of this kind make no rows of their own then, but fill the empty cells of rows that are equal to
   * them in these columns, as a LEFT JOIN of SQL does. At most 100,000 of them, no two equal.
   */
  readonly joinOn?: readonly string[];
  /**
   * Columns whose values stand elsewhere in objects of this kind, at most 100. The others keep their path, which gives an empty value where
   * it leads nowhere.
   */
  readonly paths?: readonly ClusterReportTemplateSpecSourceKubernetesAlsoPath[];
}

export interface ClusterReportTemplateSpecSourceKubernetesAlsoPath {
  /** Name of the column. */
  readonly column: string;
  /** Where the value stands, as a JSONPath from $ or @. */
  readonly path: string;
}

export interface ClusterReportTemplateSpecSourceKubernetesWhere {
  /** Name of the column. */
  readonly column: string;
  /**
   * In: the value is one of the values; with a parameter of type Period and a Timestamp, it lies in the period. NotIn: it is or does not.
   * AtLeast and AtMost: numbers, dates and timestamps. WithinDays: a Timestamp that lies before so many days from the time of the Report,
   * or in the past. Empty cells are in nothing.
   */
  readonly operator: 'In' | 'NotIn' | 'AtLeast' | 'AtMost' | 'WithinDays';
  /** Name of the parameter with the value, or with the list of values. */
  readonly parameter?: string;
  /** The values, as text that the type of the column can read, at most 100; one for AtLeast, AtMost and WithinDays. */
  readonly values?: readonly string[];
}

export interface ClusterReportTemplateSpecSourceS3 {
  /**
   * The ReportStorage whose bucket is read, below its prefix. Its keys need the rights s3:ListBucket and s3:GetObject; one that may only
   * read says AccessDenied of itself, and can be read nevertheless.
   */
  readonly storageRef: ClusterReportTemplateSpecSourceS3StorageRef;
  /** Key of one object, relative to the prefix of the storage, e.g. imports/2026-10.csv. An object that is not there fails the Report. */
  readonly key?: string;
  /**
   * What the keys of the objects begin with, relative to the prefix of the storage: imports/ for all of a folder, billing/daily-usage- for
   * the files of all Reports whose names begin with daily-usage-. It must not lead to the files of this template's own Reports. No object
   * at all fails the Report.
   */
  readonly prefix?: string;
  /** What the objects are. CSV: each begins with a line of headers, by which columns are found. NDJSON: a JSON object a line. */
  readonly format: 'CSV' | 'NDJSON';
  /** How the objects are written, for format CSV; as csv of the template that made them. Either way to end lines and to quote is read. */
  readonly csv: ClusterReportTemplateSpecSourceS3Csv;
}

export interface ClusterReportTemplateSpecSourceS3StorageRef {
  /** Name of a ReportStorage of the Report's namespace, e.g. archive. */
  readonly name: string;
}

export interface ClusterReportTemplateSpecSourceS3Csv {
  /** What stands between fields: a comma (default), ";", "|" or a tab, written as "\t" in double quotes. */
  readonly delimiter: ',' | ';' | '|' | '\t';
  /** Text without quotes that stands for a value that is missing, e.g. NULL; at most 64 characters. Default: nothing. */
  readonly null: string;
  /**
   * Keep (default) takes text as it is. Unescape takes off the apostrophe that Dossier puts before text that a spreadsheet would run as a
   * formula; a text that had one of its own before such a character loses it.
   */
  readonly formulas: 'Keep' | 'Unescape';
}

export interface ClusterReportTemplateSpecSourceContainer {
  /**
   * Image of the program, e.g. registry.example.com/reports/usage:1.4. It must name a user by number that is not 0 (USER 1000), because
   * custom code never runs as root.
   */
  readonly image: string;
  /**
   * Program and its first arguments instead of the image's own, at most 64, e.g. [python, /app/report.py]. $(NAME) stands for a variable.
   */
  readonly command?: readonly string[];
  /** Arguments of the program instead of the image's own, at most 64, e.g. ["--currency", EUR]. $(NAME) stands for a variable. */
  readonly args?: readonly string[];
  /**
   * Variables in the environment of the program, at most 64, each once. What a Secret holds is known to the program from then on; nothing
   * keeps it from sending it anywhere.
   */
  readonly env?: readonly ClusterReportTemplateSpecSourceContainerEnv[];
  /**
   * Whether the program may use what its pod may: the service account job.serviceAccountName (without its token), and a storage that is
   * opened by the pod's own identity, where the storage says allowCustomCode too. Default false.
   */
  readonly trusted: boolean;
}

export interface ClusterReportTemplateSpecSourceContainerEnv {
  /** Name of the variable, e.g. API_URL. */
  readonly name: string;
  /** Its value, for what is no secret, at most 4,096 characters. $(NAME) stands for a variable before it, $$ for a dollar sign. */
  readonly value?: string;
  /** Where its value stands. */
  readonly valueFrom?: ClusterReportTemplateSpecSourceContainerEnvValueFrom;
}

export interface ClusterReportTemplateSpecSourceContainerEnvValueFrom {
  /**
   * Key of a Secret of the Report's namespace that holds the value. A Secret with the annotation dossier.dev/allowed-hosts is refused,
   * because nothing holds a program to it.
   */
  readonly secretKeyRef: ClusterReportTemplateSpecSourceContainerEnvValueFromSecretKeyRef;
}

export interface ClusterReportTemplateSpecSourceContainerEnvValueFromSecretKeyRef {
  /** Name of the Secret, e.g. usage-api. */
  readonly name: string;
  /** Key in the Secret, e.g. token. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecSourceGit {
  /**
   * Address of the repository, e.g. https://git.example.com/billing/reports.git, ssh://git@git.example.com/billing/reports.git or
   * git@git.example.com:billing/reports.git; at most 1,024 characters. Loopback and metadata addresses are refused, redirects are not
   * followed.
   */
  readonly url: string;
  /** Which state of it, exactly one of tag, branch and commit. A branch or tag is looked up by every run; a commit never changes. */
  readonly ref: ClusterReportTemplateSpecSourceGitRef;
  /** Folder of the repository in which the code runs, e.g. reports/usage. Default the root. */
  readonly path?: string;
  /** Module that the runner runs, below path, e.g. usage.ts. It exports a function by default, or as generate, that yields rows. */
  readonly entrypoint?: string;
  /**
   * Secret of the Report's namespace with what opens the repository: for https token, or username and password; for ssh ssh-privatekey
   * (without a passphrase) and known_hosts. The code never sees it.
   */
  readonly credentialsSecretRef?: ClusterReportTemplateSpecSourceGitCredentialsSecretRef;
  /**
   * Key of a Secret that holds the certificates (PEM) of the authority that signed the server's; needed when it is not one that systems
   * trust.
   */
  readonly caSecretRef?: ClusterReportTemplateSpecSourceGitCaSecretRef;
  /**
   * Image that runs the code instead of the runner's own, for other languages, e.g. python:3.14-slim. It is started in the folder path, and
   * must name a user by number that is not 0.
   */
  readonly image?: string;
  /**
   * Program and its first arguments instead of the image's own, at most 64, e.g. [python, /app/report.py]. $(NAME) stands for a variable.
   */
  readonly command?: readonly string[];
  /** Arguments of the program instead of the image's own, at most 64, e.g. ["--currency", EUR]. $(NAME) stands for a variable. */
  readonly args?: readonly string[];
  /**
   * Variables in the environment of the program, at most 64, each once. What a Secret holds is known to the program from then on; nothing
   * keeps it from sending it anywhere.
   */
  readonly env?: readonly ClusterReportTemplateSpecSourceGitEnv[];
  /**
   * Whether the program may use what its pod may: the service account job.serviceAccountName (without its token), and a storage that is
   * opened by the pod's own identity, where the storage says allowCustomCode too. Default false.
   */
  readonly trusted: boolean;
}

export interface ClusterReportTemplateSpecSourceGitRef {
  /** Name of a tag, e.g. v1.4.0. */
  readonly tag?: string;
  /** Name of a branch, e.g. main. */
  readonly branch?: string;
  /** Whole name of a commit, 40 hexadecimal digits (64 in repositories with SHA-256). */
  readonly commit?: string;
}

export interface ClusterReportTemplateSpecSourceGitCredentialsSecretRef {
  /** Name of the Secret, e.g. reports-git. */
  readonly name: string;
}

export interface ClusterReportTemplateSpecSourceGitCaSecretRef {
  /** Name of the Secret, e.g. git-ca. */
  readonly name: string;
  /** Key in the Secret, e.g. ca.crt. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecSourceGitEnv {
  /** Name of the variable, e.g. API_URL. */
  readonly name: string;
  /** Its value, for what is no secret, at most 4,096 characters. $(NAME) stands for a variable before it, $$ for a dollar sign. */
  readonly value?: string;
  /** Where its value stands. */
  readonly valueFrom?: ClusterReportTemplateSpecSourceGitEnvValueFrom;
}

export interface ClusterReportTemplateSpecSourceGitEnvValueFrom {
  /**
   * Key of a Secret of the Report's namespace that holds the value. A Secret with the annotation dossier.dev/allowed-hosts is refused,
   * because nothing holds a program to it.
   */
  readonly secretKeyRef: ClusterReportTemplateSpecSourceGitEnvValueFromSecretKeyRef;
}

export interface ClusterReportTemplateSpecSourceGitEnvValueFromSecretKeyRef {
  /** Name of the Secret, e.g. usage-api. */
  readonly name: string;
  /** Key in the Secret, e.g. token. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecColumn {
  /**
   * Name of the column in the source, e.g. issued_at: a letter, then at most 62 letters, digits and underscores. Put y, n, yes, no, on and
   * off in quotes, which YAML takes for booleans.
   */
  readonly name: string;
  /** What stands above the column in CSV and XLSX, e.g. Issued; at most 256 characters. Default: the name. */
  readonly header?: string;
  /**
   * String: text. Integer: whole numbers, exact. Decimal: exact decimals such as amounts of money. Number: floating point. Boolean: true or
   * false. Date: days. Timestamp: instants, written in the Report's time zone. JSON: a document, as its text. Quantity: Kubernetes
   * quantities such as 500m or 2Gi, as exact decimals of cores, bytes or pieces.
   */
  readonly type: 'String' | 'Integer' | 'Decimal' | 'Number' | 'Boolean' | 'Date' | 'Timestamp' | 'JSON' | 'Quantity';
  /**
   * Where the value stands, as a JSONPath. Source http: $ is the row, e.g. $.customer.name, and without it the value stands under the name;
   * in CSV the text of the header. Source s3: $ is the row of NDJSON; in CSV it is the text of the header, by default the column's own
   * header. Source kubernetes: $ is the object, e.g. $.metadata.name, and @ the element of forEach, e.g. @.image. A path that leads nowhere
   * gives an empty value (but a row of http or s3 in which all of them do fails the Report: it is some error); one that finds several gives
   * a list in a JSON column of kubernetes, and fails the Report elsewhere.
   */
  readonly path?: string;
  /**
   * How the values of a group become one, with groupBy of the source kubernetes; all values that the path finds take part, and empty ones
   * do not. Sum: exact, for Integer, Decimal and Quantity. Count: how many, an Integer; without a path, how many rows. Min and Max: for
   * numbers, dates, timestamps and text. List: all of them as a JSON list, equal ones once, in a JSON column.
   */
  readonly aggregate?: 'Sum' | 'Count' | 'Min' | 'Max' | 'List';
  /**
   * The part of a text that is the value, in a String column of the source kubernetes: an RE2 pattern with one group, e.g.
   * @(sha256:[0-9a-f]+)$ for the digest of an image. Where it does not match, the cell is empty.
   */
  readonly extract?: string;
  /**
   * What stands in place of an empty cell, as text that the type can read, in a column of the source kubernetes; with an aggregate, when no
   * row of the group has a value.
   */
  readonly default?: string;
  /**
   * Works the value of a Decimal column of the source kubernetes out from columns before it, numbers and parameters (:name), with + - * /
   * and parentheses, e.g. "cpu * :cpuPrice". Exact until scale rounds it. Empty where a value is missing or would be divided by zero.
   */
  readonly formula?: string;
  /**
   * Digits behind the point that a formula is rounded to, halves away from zero, 0 to 18. Needed when it divides; without it, all digits.
   */
  readonly scale?: number;
  /**
   * How XLSX shows the cells, as a number format of spreadsheets, e.g. "#,##0.00" or yyyy-mm-dd; at most 255 characters. CSV is not
   * affected.
   */
  readonly numberFormat?: string;
  /** Width of the XLSX column in characters, 1 to 255. Without it, the spreadsheet program's own default. */
  readonly width?: number;
}

export interface ClusterReportTemplateSpecCsv {
  /** What stands between fields: a comma (default), ";", "|" or a tab, written as "\t" in double quotes. */
  readonly delimiter: ',' | ';' | '|' | '\t';
  /** Whether the first line names the columns. Default true. */
  readonly header: boolean;
  /** Whether the file begins with a byte order mark, which old versions of Excel need to read UTF-8. Default false. */
  readonly bom: boolean;
  /** Minimal (default) puts only those fields in quotes that need them; All quotes every field. */
  readonly quote: 'Minimal' | 'All';
  /** How lines end, LF (default) or CRLF. */
  readonly lineEnding: 'LF' | 'CRLF';
  /**
   * Text for a value that is missing, e.g. NULL; at most 64 characters. Default: nothing, and an empty text is then written as "" so that
   * the two stay different.
   */
  readonly null: string;
  /**
   * Escape (default) puts an apostrophe before text that a spreadsheet would run as a formula (it begins with =, +, -, @ and the like);
   * Keep writes it as it is, for files that only programs read.
   */
  readonly formulas: 'Escape' | 'Keep';
}

export interface ClusterReportTemplateSpecJson {
  /**
   * How Decimal columns are written: String (default) as "12.50", exact for every reader; Number as 12.50, with all its digits, of which
   * most readers keep 15 to 17.
   */
  readonly decimals: 'String' | 'Number';
  /**
   * How Integer columns are written: Number (default) with all digits, of which many readers lose some beyond 2^53; String as
   * "9007199254740993", exact for every reader.
   */
  readonly integers: 'Number' | 'String';
}

export interface ClusterReportTemplateSpecXlsx {
  /**
   * Name of the sheet, at most 31 characters. Default Report. Above 1,048,575 rows the workbook goes on with a sheet NAME (2), and so on.
   */
  readonly sheetName: string;
  /** Whether the header stays in sight when the sheet is scrolled. Default true. */
  readonly freezeHeader: boolean;
  /** Whether the header has filter buttons. Default true. */
  readonly autoFilter: boolean;
  /**
   * Whether the workbook has one more sheet, Info, that says what it is of: report, template, parameters, periods, number of rows, time of
   * making. Default false.
   */
  readonly info: boolean;
  /**
   * A workbook of your own that receives the rows, with its styles, other sheets, charts and print settings. No header is written.
   * sheetName, freezeHeader and autoFilter are the workbook's own then.
   */
  readonly workbook?: ClusterReportTemplateSpecXlsxWorkbook;
}

export interface ClusterReportTemplateSpecXlsxWorkbook {
  /**
   * Key of a ConfigMap of the Report's namespace, under binaryData, that holds the .xlsx file; kubectl create configmap NAME
   * --from-file=KEY makes one.
   */
  readonly configMapRef?: ClusterReportTemplateSpecXlsxWorkbookConfigMapRef;
  /** For the source git, the .xlsx file in the repository, relative to the source's path, e.g. forms/invoices.xlsx. */
  readonly path?: string;
  /** Name of the sheet that receives the rows, e.g. Data. */
  readonly sheet: string;
  /**
   * Row of the first row of data, 1 to 1048576; default 2. The cells that the workbook has there give the columns their styles and are
   * replaced; anything else in or below that row fails the Report.
   */
  readonly startRow: number;
  /** Column of the first column, 1 (default) for A, to 16384. */
  readonly startColumn: number;
}

export interface ClusterReportTemplateSpecXlsxWorkbookConfigMapRef {
  /** Name of the ConfigMap, e.g. report-forms. */
  readonly name: string;
  /** Key in the ConfigMap, e.g. invoices.xlsx. */
  readonly key: string;
}

export interface ClusterReportTemplateSpecStorageRef {
  /** Name of a ReportStorage of the Report's namespace, e.g. archive. */
  readonly name: string;
}

export interface ClusterReportTemplateSpecAllowedStorageRef {
  /** Name of a ReportStorage of the Report's namespace, e.g. partners. */
  readonly name: string;
}

export interface ClusterReportTemplateSpecJob {
  /**
   * Service account of the pods, with which the source kubernetes reads, and by which clouds give a pod its identity. A token of it is
   * mounted for the source kubernetes only. Default: default.
   */
  readonly serviceAccountName?: string;
  /** What a pod asks for and may use. Default: the operator's. */
  readonly resources?: ClusterReportTemplateSpecJobResources;
  /**
   * Room for the rows and temporary files of custom code, as a quantity. Default 10Gi; code that needs more is ended. Other runs write
   * nothing to disk; what they would is held to their limit of ephemeral-storage.
   */
  readonly scratchSize: number | string | bigint;
  /** Labels that a node must have, at most 16, e.g. {disktype: ssd}. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Taints of nodes that the pods bear, at most 16. */
  readonly tolerations?: readonly ClusterReportTemplateSpecJobToleration[];
  /** PriorityClass of the pods, e.g. batch-low. */
  readonly priorityClassName?: string;
  /** Secrets with which the runner's image is pulled, besides the operator's own, at most 8, each once. */
  readonly imagePullSecrets?: readonly ClusterReportTemplateSpecJobImagePullSecret[];
  /**
   * Labels of the Job (not of its pods), at most 16, e.g. {kueue.x-k8s.io/queue-name: reports}. Only keys with prefixes that the operator
   * allows are taken.
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * How long a run may take, in seconds, retries included, for Reports that do not say it themselves. Default 3600 (an hour), at most
   * 604800 (a week).
   */
  readonly activeDeadlineSeconds: number;
  /**
   * How often a run is tried again after a failure that may pass, e.g. a cut connection. Mistakes are never tried again. Default 2, at most
   * 10.
   */
  readonly backoffLimit: number;
  /** How long a finished Job and its logs are kept, in seconds. Default 3600 (an hour), at most 2592000 (30 days). Report and file stay. */
  readonly ttlSecondsAfterFinished: number;
}

export interface ClusterReportTemplateSpecJobResources {
  /** What the scheduler sets aside for the pod. */
  readonly requests?: ClusterReportTemplateSpecJobResourcesRequests;
  /** What the pod may use at most. Beyond its memory it is killed, and the Report fails with reason OutOfMemory. */
  readonly limits?: ClusterReportTemplateSpecJobResourcesLimits;
}

export interface ClusterReportTemplateSpecJobResourcesRequests {
  /** Processor time in cores, e.g. 500m or 2. */
  readonly cpu?: number | string | bigint;
  /** Memory in bytes, e.g. 512Mi. */
  readonly memory?: number | string | bigint;
  /** Disk for logs and temporary files in bytes, e.g. 1Gi. */
  readonly 'ephemeral-storage'?: number | string | bigint;
}

export interface ClusterReportTemplateSpecJobResourcesLimits {
  /** Processor time in cores, e.g. 500m or 2. */
  readonly cpu?: number | string | bigint;
  /** Memory in bytes, e.g. 512Mi. */
  readonly memory?: number | string | bigint;
  /** Disk for logs and temporary files in bytes, e.g. 1Gi. */
  readonly 'ephemeral-storage'?: number | string | bigint;
}

export interface ClusterReportTemplateSpecJobToleration {
  /** Key of the taint; without it, every key. */
  readonly key?: string;
  /** Equal (default) compares the value, Exists does not. */
  readonly operator: 'Equal' | 'Exists';
  /** Value of the taint, for Equal. */
  readonly value?: string;
  /** Effect of the taint; without it, every effect. */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  /** For NoExecute, how long the pod stays on the node after the taint came, in seconds. Without it, for ever. */
  readonly tolerationSeconds?: number;
}

export interface ClusterReportTemplateSpecJobImagePullSecret {
  /** Name of a Secret of type kubernetes.io/dockerconfigjson. */
  readonly name: string;
}

export interface ClusterReportTemplateStatus {
  /** The metadata.generation that this status speaks of; -1 until the operator has looked at the template. */
  readonly observedGeneration?: number;
  /**
   * Ready: True when Reports can be made from the template; False when it has a mistake that the schema cannot see, with every mistake in
   * the message.
   */
  readonly conditions?: readonly Condition[];
}
