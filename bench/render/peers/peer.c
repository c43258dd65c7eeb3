/* CSV by fprintf, and XLSX by libxlsxwriter where that is installed: peer FORMAT ROWS FILE */
#include "rows.h"
#include <stdlib.h>
#include <time.h>
#ifdef WITH_XLSXWRITER
#include <xlsxwriter.h>
#endif

static void field(FILE *file, const char *text) {
  if (text[strcspn(text, ",\"\n\r")] == 0) {
    fputs(text, file);
    return;
  }
  putc('"', file);
  for (; *text; text++) {
    if (*text == '"') putc('"', file);
    putc(*text, file);
  }
  putc('"', file);
}

static void decimal(char *to, long cents) {
  long fraction = cents % 100;
  if (!fraction) sprintf(to, "%ld", cents / 100);
  else if (fraction % 10 == 0) sprintf(to, "%ld.%ld", cents / 100, fraction / 10);
  else sprintf(to, "%ld.%02ld", cents / 100, fraction);
}

static void isoTime(char *to, int64_t milliseconds) {
  time_t seconds = milliseconds / 1000;
  struct tm t;
  gmtime_r(&seconds, &t);
  int length = sprintf(to, "%04d-%02d-%02dT%02d:%02d:%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
  int fraction = milliseconds % 1000;
  if (fraction) {
    length += sprintf(to + length, ".%03d", fraction);
    while (to[length - 1] == '0') length--;
  }
  strcpy(to + length, "Z");
}

static void csv(long rows, const char *path) {
  FILE *file = fopen(path, "w");
  setvbuf(file, 0, _IOFBF, 1 << 18);
  char time[40], unit[32], amount[32];
  Row row;
  for (int i = 0; i < 12; i++) fprintf(file, i ? ",%s" : "%s", HEADERS[i]);
  putc('\n', file);
  for (long i = 0; i < rows; i++) {
    nextRow(&row);
    decimal(unit, row.unitCents);
    decimal(amount, row.amountCents);
    isoTime(time, row.milliseconds);
    fprintf(file, "%s,%s,", row.id, time);
    field(file, row.customer);
    fprintf(file, ",%s,%s,%s,%d,%s,%s,%s,%s,", row.country, row.product, row.sku, row.quantity, unit, amount, row.currency, row.status);
    field(file, row.description);
    putc('\n', file);
  }
  if (fclose(file)) exit(1);
}

#ifdef WITH_XLSXWRITER
static void xlsx(long rows, const char *path) {
  lxw_workbook_options options = {.constant_memory = LXW_TRUE};
  lxw_workbook *book = workbook_new_opt(path, &options);
  lxw_worksheet *sheet = workbook_add_worksheet(book, "Report");
  lxw_format *date = workbook_add_format(book);
  format_set_num_format(date, "yyyy-mm-dd hh:mm:ss");
  Row row;
  for (int i = 0; i < 12; i++) worksheet_write_string(sheet, 0, i, HEADERS[i], 0);
  for (long i = 1; i <= rows; i++) {
    nextRow(&row);
    worksheet_write_string(sheet, i, 0, row.id, 0);
    worksheet_write_number(sheet, i, 1, row.milliseconds / 86400000.0 + 25569, date);
    worksheet_write_string(sheet, i, 2, row.customer, 0);
    worksheet_write_string(sheet, i, 3, row.country, 0);
    worksheet_write_string(sheet, i, 4, row.product, 0);
    worksheet_write_string(sheet, i, 5, row.sku, 0);
    worksheet_write_number(sheet, i, 6, row.quantity, 0);
    worksheet_write_number(sheet, i, 7, row.unitCents / 100.0, 0);
    worksheet_write_number(sheet, i, 8, row.amountCents / 100.0, 0);
    worksheet_write_string(sheet, i, 9, row.currency, 0);
    worksheet_write_string(sheet, i, 10, row.status, 0);
    worksheet_write_string(sheet, i, 11, row.description, 0);
  }
  if (workbook_close(book)) exit(1);
}
#endif

int main(int count, char **arguments) {
  if (count != 4) return 64;
  beginRows();
  if (!strcmp(arguments[1], "csv")) csv(atol(arguments[2]), arguments[3]);
#ifdef WITH_XLSXWRITER
  else if (!strcmp(arguments[1], "xlsx")) xlsx(atol(arguments[2]), arguments[3]);
#endif
  else return 64;
  return 0;
}
