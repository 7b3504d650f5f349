// Reads dashboards into Grafana's own types and says what does not fit: unknown fields, wrong types,
// missing ones. The types are generated from Grafana's schemas.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/text"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// The kinds of panels that we draw; to compile all that Grafana has takes minutes.
var kinds = []variants.PanelcfgConfig{
	bargauge.VariantConfig(),
	stat.VariantConfig(),
	statetimeline.VariantConfig(),
	table.VariantConfig(),
	text.VariantConfig(),
	timeseries.VariantConfig(),
}

func register() {
	runtime := cog.NewRuntime()
	for _, kind := range kinds {
		runtime.RegisterPanelcfgVariant(kind)
	}
	runtime.RegisterDataqueryVariant(prometheus.VariantConfig())
}

// A panel whose type is not registered would be read without its options.
func unknownType(raw []byte) error {
	var read struct{ Panels []struct{ Type string } }
	if err := json.Unmarshal(raw, &read); err != nil {
		return err
	}
	for number, panel := range read.Panels {
		if _, isKnown := cog.ConfigForPanelcfgVariant(panel.Type); !isKnown && panel.Type != "row" {
			return fmt.Errorf("panels[%d]: add the type '%s' to kinds in main.go", number, panel.Type)
		}
	}
	return nil
}

func check(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := unknownType(raw); err != nil {
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
	register()
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
