// XLSX by excelize's stream writer: peer ROWS FILE
package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	count, err := strconv.Atoi(os.Args[1])
	must(err)
	book := excelize.NewFile()
	sheet, err := book.NewStreamWriter("Sheet1")
	must(err)
	format := "yyyy-mm-dd hh:mm:ss"
	date, err := book.NewStyle(&excelize.Style{CustomNumFmt: &format})
	must(err)
	header := []interface{}{}
	for _, name := range strings.Fields("id created_at customer country product sku quantity unit_price amount currency status description") {
		header = append(header, name)
	}
	must(sheet.SetRow("A1", header))
	cells := make([]interface{}, 12)
	eachRow(count, func(number int, row *Row) {
		cells[0], cells[1], cells[2], cells[3] = row.ID, excelize.Cell{StyleID: date, Value: float64(row.Milliseconds)/86400000 + 25569}, row.Customer, row.Country
		cells[4], cells[5], cells[6], cells[7] = row.Product, row.SKU, row.Quantity, float64(row.UnitCents)/100
		cells[8], cells[9], cells[10], cells[11] = float64(row.AmountCents)/100, row.Currency, row.Status, row.Description
		must(sheet.SetRow("A"+strconv.Itoa(number+1), cells))
	})
	must(sheet.Flush())
	file, err := os.Create(os.Args[2])
	must(err)
	must(book.Write(file))
	must(file.Close())
}
