package main

import (
	"fmt"
	"strings"
)

// Row is a row of rows.ts.
type Row struct {
	ID, Customer, Country, Product, SKU, Currency, Status, Description string
	Milliseconds                                                       int64
	Quantity, UnitCents, AmountCents                                   int
}

var countries = strings.Fields("US DE GB FR JP BR IN CA AU ES IT NL SE NO DK FI PL CZ AT CH BE PT IE MX AR CL KR SG NZ ZA TR AE")
var productNames = []string{"Cloud Storage", "Managed Database", "Email Sending", "Video Encoding", "Support Plan", "API Requests", "Data Transfer", "Load Balancer", "Object Backup", "Container Hosting"}
var currencies = strings.Fields("USD EUR GBP JPY BRL INR CAD AUD")
var statuses = strings.Fields("paid open void draft uncollectible")
var descriptions = []string{"Monthly subscription fee for account ", "Usage charge metered by the hour ref ", "Prorated upgrade adjustment on order ", "One-time setup and onboarding charge ", "Credit for service interruption case ", "Renewal of the annual contract number ", "Additional seats added to workspace ", "Overage charge beyond included quota "}
var specials = []string{" \"express\"", ", see terms", "\nsecond line", " \"a, b\"\nnote"}

func each(first, second []string, join string) []string {
	all := []string{}
	for _, a := range first {
		for _, b := range second {
			all = append(all, a+join+b)
		}
	}
	return all
}

func eachRow(count int, use func(number int, row *Row)) {
	given := each(strings.Fields("Anna Björn Clara Dmitri Élodie Farid Greta Hasan Ingrid João Katarína Liam Marta Nguyễn Olivia Paweł"), strings.Fields("Lee Maria Ann Peter"), " ")
	family := each(strings.Fields("Smith Müller Tanaka Okafor Silva Novák Ivanova Garcia Jensen Rossi Kowalski Dubois Larsson O'Neil Yılmaz Schmidt"), []string{"", "-Berg", "-Wood", "-Hill"}, "")
	four := make([]string, 10000)
	for index := range four {
		four[index] = fmt.Sprintf("%04d", index)
	}
	products, skus := make([]string, 200), make([]string, 200)
	for index := range products {
		products[index] = fmt.Sprintf("%s Tier %d", productNames[index%10], index/10+1)
		skus[index] = "SKU-" + four[(index*37)%10000]
	}
	var state uint32 = 12345
	var row Row
	for number := 1; number <= count; number++ {
		state = state*1664525 + 1013904223
		x := state
		state = state*1664525 + 1013904223
		y := state
		product := (x >> 20) % 200
		row.ID = "PR-" + four[number/100000000] + "-" + four[number/10000%10000] + "-" + four[number%10000]
		row.Milliseconds = 1700000000000 + int64(number)*1000 + int64(x>>22)
		row.Customer = given[x>>26] + " " + family[y>>26]
		row.Country, row.Product, row.SKU = countries[(x>>15)&31], products[product], skus[product]
		row.Quantity = 1 + int((y>>8)&63)
		row.UnitCents = int((y >> 14) % 100000)
		row.AmountCents = row.Quantity * row.UnitCents
		row.Currency, row.Status = currencies[(y>>23)&7], statuses[(x>>11)%5]
		row.Description = descriptions[(x>>17)&7] + four[(x>>8)%10000]
		if special := (y >> 10) % 80; special < 4 {
			row.Description += specials[special]
		}
		use(number, &row)
	}
}
