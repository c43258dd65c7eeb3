"""Runs a function of CloudBlue Connect's report contract as custom code of Dossier.

    dossier_connect.py ENTRYPOINT RENDERER COLUMNS

ENTRYPOINT is the dotted name that stands in reports.json, below the working directory. RENDERER is what the function is told that it makes (xlsx: rows are lists without a
header, json: rows are objects). COLUMNS are the template's columns in order, `name=KIND` with commas between them: S text, T timestamp, D date, `.` as it is.

The function gets client, parameters, progress_callback and, from report_spec 2 on, renderer_type and extra_context_callback. It may return rows, yield them, or do either
asynchronously. Its rows become lines of JSON in the file that DOSSIER_ROWS names; the file gets that name only when the function has ended, so that a program that dies in
the middle leaves none.

Exit code 64 is the user's mistake, and the last line of standard error says which: a RuntimeError, by which Connect's functions speak to users, a function that cannot be
loaded, rows that do not fit. Anything else that is raised goes to the log, and the run is tried again.
"""

import asyncio
import datetime
import decimal
import importlib
import inspect
import json
import math
import os
import re
import sys
import traceback

EXIT_MISTAKE = 64
DEFAULT_ENDPOINT = 'https://api.connect.cloudblue.com/public/v1'
PROGRESS_SECONDS = 5
LISTS = ('product', 'marketplace', 'hub', 'checkbox')


class Mistake(Exception):
    """What the user has to correct; its text is for them."""


class NoClient:
    """Stands for Connect's client where no key was given: a function that needs none works, another says what is missing."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        raise Mistake(
            f'the report asks Connect (client.{name}), and no key was given: '
            'set CONNECT_API_KEY from a Secret in spec.templates.env of the ReportRepository'
        )

    def __call__(self, *_args, **_kwargs):
        return self.__getattr__('call')


def client_of(is_async):
    key = os.environ.get('CONNECT_API_KEY')
    if not key:
        return NoClient()
    try:
        from connect.client import AsyncConnectClient, ConnectClient
    except ImportError:
        raise Mistake('the image has no package connect-openapi-client, which makes the client') from None
    make = AsyncConnectClient if is_async else ConnectClient
    return make(
        api_key=key,
        endpoint=os.environ.get('CONNECT_API_ENDPOINT') or DEFAULT_ENDPOINT,
        use_specs=False,
        default_limit=500,
        max_retries=5,
        resourceset_append=False,
    )


def parameter_name(identifier):
    """As src/descriptor/connect-parameters.ts makes it."""
    plain = re.sub('[^A-Za-z0-9_]', '_', identifier, flags=re.ASCII)
    return plain if re.match('[A-Za-z]', plain) else f'p_{plain}'


def connect_parameters(report, given):
    """Values as Connect gives them to a function, by the ids of reports.json."""
    values = {}
    for parameter in report.get('parameters', []):
        kind = parameter['type']
        value = given.get(parameter_name(parameter['id']))
        if kind in LISTS:
            values[parameter['id']] = {'all': value is None, 'choices': value or []}
        elif value is None:
            continue
        elif kind == 'date_range':
            values[parameter['id']] = {'after': instant(value['from']), 'before': last_instant(value['to'])}
        else:
            values[parameter['id']] = value
    return values


def instant(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).isoformat()


def last_instant(text):
    """Functions ask for what is at most `before`, and a period ends just before its end."""
    end = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    return (end - datetime.timedelta(seconds=1)).isoformat()


def find_report(entrypoint):
    try:
        with open('reports.json', encoding='utf-8') as file:
            reports = json.load(file)['reports']
        return next(report for report in reports if report['entrypoint'] == entrypoint)
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        raise Mistake(f'reports.json has no report with the entrypoint {entrypoint}') from None


def load(entrypoint):
    module, _, function = entrypoint.rpartition('.')
    sys.path.insert(0, os.getcwd())
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, SyntaxError) as error:
        traceback.print_exc()
        raise Mistake(f'the entrypoint {entrypoint} cannot be loaded: {error}') from None


class Columns:
    def __init__(self, text, renderer):
        pairs = [column.rpartition('=') for column in text.split(',')]
        self.names = [name for name, _, _ in pairs]
        self.kinds = [kind for _, _, kind in pairs]
        self.by_name = dict(zip(self.names, self.kinds))
        self.renderer = renderer

    def line(self, row, number):
        """A row as a line of JSON."""
        if isinstance(row, dict):
            where = f'row {number}'
            cells = {key_of(name, where): self.cell(value, self.by_name.get(name), number, name) for name, value in row.items()}
        elif isinstance(row, (list, tuple)):
            if len(row) != len(self.names):
                raise Mistake(
                    f'row {number} has {len(row)} values for {len(self.names)} columns; '
                    'list the report in dossier.yaml (connect, columns) with all its columns'
                )
            cells = [self.cell(*cell, number, name) for cell, name in zip(zip(row, self.kinds), self.names)]
        else:
            raise Mistake(f'row {number} is a {type(row).__name__}, neither a list nor a dict')
        return json.dumps(cells, ensure_ascii=False, allow_nan=False, separators=(',', ':'))

    def is_header(self, row):
        """Whether it is what functions put before the rows of a CSV file."""
        if self.renderer != 'csv' or not isinstance(row, (list, tuple)) or not all(isinstance(value, str) for value in row):
            return False
        return [re.sub('[^a-z0-9]+', '_', value.lower()).strip('_') for value in row] == [name.lower() for name in self.names]

    def cell(self, value, kind, number, name):
        value = plain_value(value, number, name)
        if value is None:
            return None
        if kind == 'S':
            return text_of(value)
        if isinstance(value, float) and math.isinf(value):
            raise Mistake(f'row {number}: "{name}" is infinite, which no number of a file can be')
        if isinstance(value, datetime.datetime):
            if kind == 'D':
                return value.date().isoformat()
            return (value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)).isoformat()
        if isinstance(value, datetime.date):
            return value.isoformat()
        if isinstance(value, decimal.Decimal):
            return str(value)
        return value


def plain_value(value, number, name):
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, str):
        return whole_text(value, f'row {number}: "{name}"')
    if value is None or isinstance(value, (bool, int, float, decimal.Decimal, datetime.date)):
        return value
    if isinstance(value, (dict, list, tuple)):
        try:
            return inner_value(value, number, name)
        except RecursionError:
            raise Mistake(f'row {number}: "{name}" holds itself, or lists in lists without end') from None
    if is_written_out(value):
        return str(value)
    raise Mistake(f'row {number}: "{name}" is a {type(value).__name__}, which is no value')


def inner_value(value, number, name):
    """What stands in a list or a dict, as JSON has it: a text for what is a value and not in JSON, never for what is none."""
    if isinstance(value, dict):
        where = f'row {number}: "{name}"'
        return {key_of(key, where): inner_value(each, number, name) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [inner_value(each, number, name) for each in value]
    if isinstance(value, str):
        return whole_text(value, f'row {number}: "{name}"')
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return None
        raise Mistake(f'row {number}: "{name}" holds an infinite number, which JSON cannot say')
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (decimal.Decimal, datetime.date)) or is_written_out(value):
        return str(value)
    raise Mistake(f'row {number}: "{name}" holds a {type(value).__name__}, which is no value')


def is_written_out(value):
    return type(value).__module__ in ('uuid', 'enum', 'datetime')


def key_of(key, where):
    """A key that json.dumps takes."""
    if isinstance(key, str):
        return whole_text(key, where)
    if key is None or isinstance(key, (bool, int, float)):
        return key
    raise Mistake(f'{where} has a key that is a {type(key).__name__}; give texts as keys')


def whole_text(text, where):
    try:
        text.encode('utf-8')
    except UnicodeEncodeError:
        raise Mistake(
            f'{where} has half of a surrogate pair, which is no character; '
            "read the text in the encoding that it has, or replace what is no character: text.encode('utf-8', 'replace').decode()"
        ) from None
    return text


def text_of(value):
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=' ')
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    return str(value)


class Writer:
    def __init__(self, path, columns):
        self.path = path
        self.columns = columns
        self.count = 0
        self.is_begun = False
        self.file = open(f'{path}.partial', 'w', encoding='utf-8')

    def write(self, row):
        is_first, self.is_begun = not self.is_begun, True
        if is_first and self.columns.is_header(row):
            return
        self.count += 1
        self.file.write(self.columns.line(row, self.count) + '\n')

    def finish(self):
        self.file.close()
        os.rename(f'{self.path}.partial', self.path)


def progress(current, total):
    """Called by functions as often as they like; a line in the log now and then is enough."""
    now = datetime.datetime.now(datetime.timezone.utc)
    if (now - progress.told).total_seconds() >= PROGRESS_SECONDS:
        progress.told = now
        print(f'{current} of {total}', flush=True)


progress.told = datetime.datetime.now(datetime.timezone.utc)


def extra_context(_context):
    """For pages of jinja2 and pdf, which are not made here."""


def write_all(rows, writer):
    if rows is None:
        raise Mistake('the function returned no rows: let it return a list, or yield rows')
    for row in rows:
        writer.write(row)


async def write_all_async(rows, writer):
    if inspect.isawaitable(rows):
        rows = await rows
    if inspect.isasyncgen(rows) or hasattr(rows, '__aiter__'):
        async for row in rows:
            writer.write(row)
    else:
        write_all(rows, writer)


def run(entrypoint, renderer, columns, environment):
    report = find_report(entrypoint)
    function = load(entrypoint)
    with open(environment['DOSSIER_PARAMETERS'], encoding='utf-8') as file:
        given = json.load(file)['parameters']
    is_async = inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function)
    arguments = [client_of(is_async), connect_parameters(report, given), progress]
    if report['report_spec'] == '2':
        arguments += [renderer, extra_context]
    writer = Writer(environment['DOSSIER_ROWS'], Columns(columns, renderer))
    if is_async:
        asyncio.run(write_all_async(function(*arguments), writer))
    else:
        write_all(function(*arguments), writer)
    writer.finish()
    print(f'{writer.count} rows', flush=True)


def main(arguments, environment):
    if len(arguments) != 3 or 'DOSSIER_ROWS' not in environment or 'DOSSIER_PARAMETERS' not in environment:
        print('this program is started by the Jobs of Dossier: ENTRYPOINT RENDERER COLUMNS', file=sys.stderr)
        return 1
    try:
        run(*arguments, environment)
        return 0
    except Mistake as mistake:
        problem = str(mistake)
    except RuntimeError as error:
        traceback.print_exc()
        # Its subclasses (RecursionError, NotImplementedError) are no words to a user.
        if type(error) is not RuntimeError:
            return 1
        problem = str(error) or 'the report raised a RuntimeError without a text'
    except Exception:
        traceback.print_exc()
        return 1
    print(re.sub(r'\s*\n\s*', ' ', problem), file=sys.stderr, flush=True)
    return EXIT_MISTAKE


if __name__ == '__main__':
    # Not sys.exit: threads that a report left running must not hold the pod.
    code = main(sys.argv[1:], dict(os.environ))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
