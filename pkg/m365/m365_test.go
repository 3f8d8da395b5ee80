package m365

import "testing"

func TestParseTenantID(t *testing.T) {
	if id, err := ParseTenantID("8A1C7B3E-6f0d-4c55-9d0f-2f6a4c1e9b70"); err != nil || id != "8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70" {
		t.Errorf("%q, %v", id, err)
	}
	for _, bad := range []string{"", "contoso.onmicrosoft.com", "8a1c7b3e6f0d4c559d0f2f6a4c1e9b70", "8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b7g", "8a1c7b3e-6f0d-4c55-9d0f2-f6a4c1e9b70"} {
		if _, err := ParseTenantID(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestClouds(t *testing.T) {
	for _, name := range []string{"global", "gcc", "gcch", "dod", "china"} {
		if cloud, err := CloudNamed(name); err != nil || cloud.Login == "" || cloud.Graph == "" {
			t.Errorf("%s: %+v, %v", name, cloud, err)
		}
	}
	if _, err := CloudNamed("mars"); err == nil {
		t.Error("mars is no cloud")
	}
	sim := Simulated("127.0.0.1:8080/")
	if got := sim.TokenURL("t"); got != "http://127.0.0.1:8080/t/oauth2/v2.0/token" {
		t.Errorf("token URL %q", got)
	}
	if got := sim.DefaultScope(); got != "http://127.0.0.1:8080/.default" {
		t.Errorf("scope %q", got)
	}
}
