"""XLSX by xlsxwriter (constant memory) and openpyxl (write-only): peer.py WRITER ROWS FILE"""
import datetime
import sys

HEADERS = "id created_at customer country product sku quantity unit_price amount currency status description".split()
FOUR = ["%04d" % number for number in range(10000)]
GIVEN = [f"{name} {second}" for name in "Anna Björn Clara Dmitri Élodie Farid Greta Hasan Ingrid João Katarína Liam Marta Nguyễn Olivia Paweł".split()
         for second in "Lee Maria Ann Peter".split()]
FAMILY = [name + second for name in "Smith Müller Tanaka Okafor Silva Novák Ivanova Garcia Jensen Rossi Kowalski Dubois Larsson O'Neil Yılmaz Schmidt".split()
          for second in ["", "-Berg", "-Wood", "-Hill"]]
COUNTRY = "US DE GB FR JP BR IN CA AU ES IT NL SE NO DK FI PL CZ AT CH BE PT IE MX AR CL KR SG NZ ZA TR AE".split()
PRODUCT = ["Cloud Storage", "Managed Database", "Email Sending", "Video Encoding", "Support Plan", "API Requests", "Data Transfer", "Load Balancer",
           "Object Backup", "Container Hosting"]
PRODUCTS = [f"{PRODUCT[number % 10]} Tier {number // 10 + 1}" for number in range(200)]
SKUS = ["SKU-" + FOUR[number * 37 % 10000] for number in range(200)]
CURRENCY = "USD EUR GBP JPY BRL INR CAD AUD".split()
STATUS = "paid open void draft uncollectible".split()
DESCRIPTION = ["Monthly subscription fee for account ", "Usage charge metered by the hour ref ", "Prorated upgrade adjustment on order ",
               "One-time setup and onboarding charge ", "Credit for service interruption case ", "Renewal of the annual contract number ",
               "Additional seats added to workspace ", "Overage charge beyond included quota "]
SPECIAL = [' "express"', ", see terms", "\nsecond line", ' "a, b"\nnote']
FIRST = datetime.datetime(2023, 11, 14, 22, 13, 20)


def rows(count):
    state = 12345
    for number in range(1, count + 1):
        state = x = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        state = y = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        product = (x >> 20) % 200
        quantity = 1 + ((y >> 8) & 63)
        cents = (y >> 14) % 100000
        special = (y >> 10) % 80
        yield ["PR-%s-%s-%s" % (FOUR[number // 100000000], FOUR[number // 10000 % 10000], FOUR[number % 10000]),
               FIRST + datetime.timedelta(0, number, (x >> 22) * 1000), GIVEN[x >> 26] + " " + FAMILY[y >> 26], COUNTRY[(x >> 15) & 31],
               PRODUCTS[product], SKUS[product], quantity, cents / 100, quantity * cents / 100, CURRENCY[(y >> 23) & 7], STATUS[(x >> 11) % 5],
               DESCRIPTION[(x >> 17) & 7] + FOUR[(x >> 8) % 10000] + (SPECIAL[special] if special < 4 else "")]


def by_xlsxwriter(count, path):
    import xlsxwriter
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("Report")
    date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write_row(0, 0, HEADERS)
    for index, row in enumerate(rows(count), 1):
        for column, value in enumerate(row):
            if column == 1:
                sheet.write_datetime(index, column, value, date)
            elif 6 <= column <= 8:
                sheet.write_number(index, column, value)
            else:
                sheet.write_string(index, column, value)
    book.close()


def by_openpyxl(count, path):
    import openpyxl
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Report")
    sheet.append(HEADERS)
    for row in rows(count):
        sheet.append(row)
    book.save(path)


{"xlsxwriter": by_xlsxwriter, "openpyxl": by_openpyxl}[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
