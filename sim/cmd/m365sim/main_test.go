package main

import (
	"os"
	"testing"
)

// asServer makes the test's binary the program itself, so that its memory is measured alone.
const asServer = "M365SIM_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}
