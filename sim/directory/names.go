package directory

import "strings"

var givenNames = strings.Fields(`Anna Ben Clara David Emma Felix Greta Hugo Ida Jonas Katrin Leo Mia Noah Olivia Paul
	Rosa Samuel Tara Uwe Vera Willem Yara Zoë José Łukasz Søren Chloé Björn Aïcha Niamh Mehmet Priya Kenji Ngozi Mateo
	Ingrid Dmitri Fatima Tomáš Eilidh Rhys Aoife Wei Hana Omar Lucía Émile Jürgen Åsa`)

var surnames = strings.Fields(`Schmidt Müller Weber Fischer Becker Hoffmann Koch Richter Wolf Neumann García Rossi Dubois
	Novák Kowalski Jensen Lindström O'Brien Smith Jones Taylor Brown Wilson Evans Tanaka Nguyen Patel Okafor Silva
	Østergård Šimek Papadopoulos Ivanova Yılmaz Haddad Cohen Meyer Braun Krüger Lange Vogel Frank Berger Roth Sørensen`)

var asciiOf = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "ë", "e", "é", "e", "É", "E", "ï", "i", "á", "a",
	"í", "i", "š", "s", "Š", "S", "Å", "A", "å", "a", "ø", "o", "Ø", "O", "Ł", "L", "ı", "i", "'", "", "ř", "r", "ç", "c")

var departments = []string{"Sales", "Engineering", "Finance", "People", "Legal", "Operations", "Marketing", "Research"}

var projects = []string{"Aurora", "Basalt", "Cirrus", "Delta", "Ember", "Fjord", "Granite", "Harbour"}

var jobTitles = []string{"Accountant", "Analyst", "Assistant", "Consultant", "Designer", "Director", "Engineer",
	"Manager", "Paralegal", "Recruiter", "Researcher", "Team Lead"}

type office struct{ name, city, country, code, language string }

var offices = []office{
	{"Berlin 4/12", "Berlin", "Germany", "DE", "de-DE"},
	{"London 2", "London", "United Kingdom", "GB", "en-GB"},
	{"Zürich West", "Zürich", "Switzerland", "CH", "de-CH"},
	{"Kraków 1", "Kraków", "Poland", "PL", "pl-PL"},
	{"Lisboa 3", "Lisboa", "Portugal", "PT", "pt-PT"},
}
