/* The rows of rows.ts in C. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *GIVEN[] = {"Anna", "Björn", "Clara", "Dmitri", "Élodie", "Farid", "Greta", "Hasan", "Ingrid", "João", "Katarína", "Liam", "Marta", "Nguyễn", "Olivia", "Paweł"};
static const char *SECOND[] = {"Lee", "Maria", "Ann", "Peter"};
static const char *FAMILY[] = {"Smith", "Müller", "Tanaka", "Okafor", "Silva", "Novák", "Ivanova", "Garcia", "Jensen", "Rossi", "Kowalski", "Dubois", "Larsson", "O'Neil", "Yılmaz", "Schmidt"};
static const char *SUFFIX[] = {"", "-Berg", "-Wood", "-Hill"};
static const char *COUNTRY[] = {"US", "DE", "GB", "FR", "JP", "BR", "IN", "CA", "AU", "ES", "IT", "NL", "SE", "NO", "DK", "FI", "PL", "CZ", "AT", "CH", "BE", "PT", "IE", "MX", "AR", "CL", "KR", "SG", "NZ", "ZA", "TR", "AE"};
static const char *PRODUCT[] = {"Cloud Storage", "Managed Database", "Email Sending", "Video Encoding", "Support Plan", "API Requests", "Data Transfer", "Load Balancer", "Object Backup", "Container Hosting"};
static const char *CURRENCY[] = {"USD", "EUR", "GBP", "JPY", "BRL", "INR", "CAD", "AUD"};
static const char *STATUS[] = {"paid", "open", "void", "draft", "uncollectible"};
static const char *DESCRIPTION[] = {"Monthly subscription fee for account ", "Usage charge metered by the hour ref ", "Prorated upgrade adjustment on order ", "One-time setup and onboarding charge ", "Credit for service interruption case ", "Renewal of the annual contract number ", "Additional seats added to workspace ", "Overage charge beyond included quota "};
static const char *SPECIAL[] = {" \"express\"", ", see terms", "\nsecond line", " \"a, b\"\nnote"};
static char given[64][32], family[64][32], products[200][40], skus[200][12], four[10000][5];

typedef struct {
  char id[24];
  int64_t milliseconds;
  char customer[64];
  const char *country, *product, *sku;
  int quantity, unitCents;
  long amountCents;
  const char *currency, *status;
  char description[96];
} Row;

static uint32_t state = 12345;
static long number = 0;

static const char *const HEADERS[12] = {"id", "created_at", "customer", "country", "product", "sku", "quantity", "unit_price", "amount", "currency", "status", "description"};

static void beginRows(void) {
  for (int i = 0; i < 64; i++) {
    sprintf(given[i], "%s %s", GIVEN[i / 4], SECOND[i % 4]);
    sprintf(family[i], "%s%s", FAMILY[i / 4], SUFFIX[i % 4]);
  }
  for (int i = 0; i < 10000; i++) sprintf(four[i], "%04d", i);
  for (int i = 0; i < 200; i++) {
    sprintf(products[i], "%s Tier %d", PRODUCT[i % 10], i / 10 + 1);
    sprintf(skus[i], "SKU-%04d", (i * 37) % 10000);
  }
}

static void nextRow(Row *row) {
  number++;
  uint32_t x = state = state * 1664525u + 1013904223u;
  uint32_t y = state = state * 1664525u + 1013904223u;
  char *to = row->id;
  to = stpcpy(to, "PR-");
  to = stpcpy(to, four[number / 100000000]);
  *to++ = '-';
  to = stpcpy(to, four[number / 10000 % 10000]);
  *to++ = '-';
  strcpy(to, four[number % 10000]);
  row->milliseconds = 1700000000000LL + number * 1000 + (x >> 22);
  to = stpcpy(row->customer, given[x >> 26]);
  *to++ = ' ';
  strcpy(to, family[y >> 26]);
  row->country = COUNTRY[(x >> 15) & 31];
  row->product = products[(x >> 20) % 200];
  row->sku = skus[(x >> 20) % 200];
  row->quantity = 1 + ((y >> 8) & 63);
  row->unitCents = (y >> 14) % 100000;
  row->amountCents = (long)row->quantity * row->unitCents;
  row->currency = CURRENCY[(y >> 23) & 7];
  row->status = STATUS[(x >> 11) % 5];
  to = stpcpy(row->description, DESCRIPTION[(x >> 17) & 7]);
  to = stpcpy(to, four[(x >> 8) % 10000]);
  uint32_t special = (y >> 10) % 80;
  if (special < 4) strcpy(to, SPECIAL[special]);
}
