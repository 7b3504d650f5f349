// Reads dashboards into Grafana's own types and says what does not fit: unknown fields, wrong types,
// missing ones. The types are generated from Grafana's schemas.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func check(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var read dashboard.Dashboard
	if err := real(read.UnmarshalJSONStrict(raw)); err != nil {
		return err
	}
	return real(read.Validate())
}

// An empty list of errors is returned as an error too.
func real(err error) error {
	if errs := (cog.BuildErrors{}); errors.As(err, &errs) && len(errs) == 0 {
		return nil
	}
	return err
}

func main() {
	plugins.RegisterDefaultPlugins()
	isGood := true
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			isGood = false
			fmt.Printf("%s:\n%v\n", path, err)
		}
	}
	if !isGood {
		os.Exit(1)
	}
}
