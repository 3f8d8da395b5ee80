package entra

import (
	"encoding/json"
	"testing"
)

func TestLicencesAreThoseWithSharePoint(t *testing.T) {
	for name, test := range map[string]struct {
		plans string
		want  int64
	}{
		"an enterprise plan":  {`[{"servicePlanName":"TEAMS1"},{"servicePlanName":"SHAREPOINTENTERPRISE"}]`, 7},
		"a plan of a school":  {`[{"servicePlanName":"SHAREPOINTSTANDARD_EDU"}]`, 7},
		"a kiosk":             {`[{"servicePlanName":"SHAREPOINTDESKLESS"}]`, 7},
		"web apps only":       {`[{"servicePlanName":"SHAREPOINTWAC"},{"servicePlanName":"EXCHANGE_S_STANDARD"}]`, 0},
		"storage only":        {`[{"servicePlanName":"SHAREPOINTSTORAGE"}]`, 0},
		"nothing of the sort": {`[]`, 0},
	} {
		var held sku
		if err := json.Unmarshal([]byte(`{"consumedUnits":7,"servicePlans":`+test.plans+`}`), &held); err != nil {
			t.Fatal(err)
		}
		if got := held.licences(); got != test.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}
