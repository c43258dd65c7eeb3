"""Makes form.xlsx, the workbook of a user that tests put rows into: python3 make-form.py form.xlsx (needs XlsxWriter)."""
import datetime
import sys

import xlsxwriter

book = xlsxwriter.Workbook(sys.argv[1])
book.set_properties({'title': 'Invoices', 'created': datetime.datetime(2026, 1, 1)})
bold = book.add_format({'bold': True, 'bg_color': '#DDEBF7', 'border': 1})
money = book.add_format({'num_format': '#,##0.00 [$€-407]', 'font_color': '#C00000'})
plain = book.add_format({'italic': True})

summary = book.add_worksheet('Summary')
summary.write('A1', 'Total', bold)
summary.write_formula('B1', "=SUM('Data & more'!C:C)", money, 0)
summary.write_url('A3', 'https://example.com/help', string='Help')

data = book.add_worksheet('Data & more')
data.write('A1', 'Invoices of the month', bold)
data.merge_range('B1:C1', 'do not edit', plain)
for column, title in enumerate(['Invoice', 'Customer', 'Total', 'Issued']):
    data.write(2, column, title, bold)
data.write('A4', 0, plain)
data.write('B4', 'sample')
data.write('C4', 1.5, money)
data.set_column('D:D', 14, book.add_format({'bold': True}))
data.autofilter('A3:D4')
data.freeze_panes(3, 0)
data.set_landscape()
data.set_paper(9)
data.repeat_rows(2)
data.set_header('&LInvoices&RPage &P')
data.data_validation('F1', {'validate': 'list', 'source': ['a', 'b']})
book.define_name('Totals', "='Data & more'!$C$4:$C$4")
book.define_name('Fixed', "='Data & more'!$A$1:$C$1")

table = book.add_worksheet('Table')
table.add_table('B2:C3', {'name': 'Lines', 'columns': [{'header': 'Id'}, {'header': 'Text'}]})

chart = book.add_chart({'type': 'column'})
chart.add_series({
    'name': 'Totals',
    'categories': "='Data & more'!$B$4:$B$4",
    'values': "='Data & more'!$C$4:$C$4",
})
summary.insert_chart('D2', chart)
book.close()
