package drive

import (
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// places are folders that every made-up drive has, among them names that are hard to carry: two
// spellings of the same letter, signs that addresses escape, device names of Windows (which
// SharePoint takes with an extension), an empty folder and a deep one.
var places = []string{
	"Documents", "Documents/Contracts", "Documents/Contracts/2024", "Documents/Contracts/2025", "Desktop", "Pictures", "Pictures/Camera Roll",
	"Empty folder", "Ärger & Söhne", "Cafe\u0301", "客户资料 📁", ".config", "100% #done", "aux.d", "a+b=c; d,e", "O'Brien's [old] {files}",
	"Projects/Aurora/Design/Drafts/2025/Q3/Reviewed/Final/Really final/v2/Approved/Sent",
	"שלום עולם", strings.Repeat("long name ", 11) + "folder",
}

// oddNames are files that every made-up drive with a hundred files or more has.
var oddNames = []string{
	".gitignore", "con.txt", "aux.config", "100%.txt", "%20.txt", "C# notes.md", "#1.csv", "résumé (final) (2).docx", "re\u0301sume\u0301.docx", "日本語.pdf",
	"😀 party.jpg", "no extension", "two..dots.txt", "semi;colon,comma.txt", "plus+plus=.txt", "it's.txt", "&amp;.html", "tilde~1.txt", "~backup.txt", "$dollar.xlsx",
	"UPPER.TXT", "a\u00a0b.txt", strings.Repeat("ü", 120) + ".txt", strings.Repeat("x", 190) + ".pdf", "IMG_0001.HEIC", "@eaDir.json", "^caret`.txt",
}

var subjects = strings.Fields("Report Invoice Offer Minutes Budget Plan Notes Draft Contract Photo Scan Protokoll Rechnung Übersicht Präsentation 見積書 Список")

// years over which made-up files were written, up to a year after the drives were set up.
const years = 6

// generate fills a drive with files, one folder more for each twelve of them.
func (d *drive) generate(files int) {
	if files == 0 {
		return
	}
	source := seed.New(d.seed, seed.Text("tree"))
	folders := d.generatePlaces()
	for n := range files {
		if n%12 == 11 {
			folders = append(folders, d.generateFolder(folders, &source))
		}
		folder := folders[source.N(len(folders))]
		if folder.name == "Empty folder" {
			folder = d.root
		}
		name := d.newName(&source)
		if files >= 100 && n < len(oddNames) {
			name = oddNames[n]
		}
		d.generateFile(folder, name, &source)
	}
}

func (d *drive) generatePlaces() []*item {
	folders := []*item{d.root}
	for _, place := range places {
		at := d.root
		for _, name := range names(place) {
			if at.child(name) == nil {
				folders = append(folders, d.add(at, name, nil, dates{epoch, epoch}, epoch))
			}
			at = at.child(name)
		}
	}
	return folders
}

// generateFolder makes a folder somewhere, unless the path would get too long for what is in it.
func (d *drive) generateFolder(folders []*item, source *seed.Source) *item {
	parent := folders[source.N(len(folders))]
	if len(parent.path()) > 150 || parent.name == "Empty folder" {
		parent = d.root
	}
	name := free(parent, seed.Pick(source, subjects)+"s "+digits(2019+source.N(7)))
	when := d.moment(source)
	return d.add(parent, name, nil, dates{when, when}, epoch)
}

// generateFile makes a file; one in ten has earlier versions.
func (d *drive) generateFile(folder *item, name string, source *seed.Source) *item {
	if length(folder.path())+length(name) >= longestPath {
		folder = d.root
	}
	if folder.child(name) != nil {
		name = free(folder, name)
	}
	k := kindOf(name)
	created := d.moment(source)
	modified := created.Add(time.Duration(source.N(200*24*3600)) * time.Second)
	i := d.add(folder, name, d.make(k, k.size(source), source), dates{created, modified}, epoch)
	if source.N(10) == 0 {
		for range 1 + source.N(3) {
			i.versions = append(i.versions, version{0, d.make(k, k.size(source), source), created})
		}
		i.writes = len(i.versions) + 1
		for n := range i.versions {
			i.versions[n].number = i.writes - 1 - n
		}
	}
	return i
}

func (d *drive) newName(source *seed.Source) string {
	return seed.Pick(source, subjects) + " " + digits(source.N(5000)) + seed.Pick(source, kinds).extension
}

// moment is a time before the drives were set up, or up to a year later.
func (d *drive) moment(source *seed.Source) time.Time {
	return epoch.AddDate(1-years, 0, 0).Add(time.Duration(source.N(years*365*24*3600)) * time.Second)
}
