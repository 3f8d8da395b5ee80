package drive

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/blob"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// https://learn.microsoft.com/graph/api/driveitem-createuploadsession
const (
	fragmentUnit    = 320 << 10
	largestFragment = 60 << 20
	uploadLife      = 24 * time.Hour
)

// upload is a session.
type upload struct {
	drive    *drive
	folder   *item
	name     string
	wanted   behaviour
	dates    dates
	deferred bool
	effects  wire.Effects

	mu       sync.Mutex
	expires  time.Time
	size     int64 // announced; -1 until then
	space    *blob.Space
	received int64
	over     bool
}

// uploads are the sessions that are open.
type uploads struct {
	mu    sync.Mutex
	count uint64
	open  map[string]*upload
}

func (u *uploads) begin(s *Store, session *upload) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count++
	if u.open == nil {
		u.open = map[string]*upload{}
	}
	source := seed.New(s.config.Seed, seed.Text("upload"), u.count)
	token := source.GUID()
	u.open[token] = session
	return token
}

func (u *uploads) get(token string) *upload {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.open[token]
}

func (u *uploads) end(token string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.open, token)
}

// properties are what a client says of a file to come.
type properties struct {
	Behaviour behaviour `json:"@microsoft.graph.conflictBehavior"`
	Name      string    `json:"name"`
	Size      int64     `json:"fileSize"`
	Dates     dates     `json:"fileSystemInfo"`
}

// createUpload answers POST .../createUploadSession.
func (s *Store) createUpload(c *wire.Call) error {
	var given struct {
		Item     properties `json:"item"`
		Deferred bool       `json:"deferCommit"`
	}
	if c.Request.ContentLength != 0 {
		if err := c.Decode(&given); err != nil {
			return err
		}
	}
	// The page names fail as the default, but what is left out replaces, and rclone relies on it:
	// https://github.com/microsoftgraph/microsoft-graph-docs/issues/19010
	wanted, err := given.Item.Behaviour.or(replace)
	if err != nil {
		return err
	}
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, err := d.mayUpload(c, given.Item, wanted)
	if err != nil {
		return err
	}
	session := &upload{drive: d, folder: t.folder, name: t.name, wanted: wanted, dates: given.Item.Dates, deferred: given.Deferred,
		effects: c.Effects, expires: c.Now.Add(uploadLife), size: -1}
	return session.answer(c, s.uploads.begin(s, session))
}

// mayUpload checks what can be known before the first byte.
func (d *drive) mayUpload(c *wire.Call, given properties, wanted behaviour) (target, error) {
	t, err := d.aim(c, c.Now)
	if err != nil {
		return t, err
	}
	if given.Name != "" && fold(given.Name) != fold(t.name) {
		if t, err = d.target(t.folder, given.Name); err != nil {
			return t, err
		}
	}
	if err := d.checkMatch(c.Request.Header.Get("If-Match"), t.onto); err != nil {
		return t, err
	}
	if _, err := t.settle(wanted); err != nil {
		return t, err
	}
	return t, d.checkQuota(given.Size)
}

func (u *upload) answer(c *wire.Call, token string) error {
	d := u.drive
	asked := map[bool]string{true: "True", false: "False"}
	address := fmt.Sprintf("%s/%s/personal/%s/_api/v2.0/drive/items/%s/uploadSession?guid='%s'&overwrite=%s&rename=%s&dc=%d&tempauth=%s%s",
		c.HostAs(d.store.config.Machine), d.store.Host(), d.person(), d.itemID(u.folder.number), token, asked[u.wanted == replace], asked[u.wanted == rename], map[bool]int{true: 1}[u.deferred], ticketPrefix, d.store.secret(token))
	b := wire.AppendString([]byte(`{"@odata.context":`), c.Context("microsoft.graph.uploadSession"))
	b = wire.AppendTime(append(b, `,"expirationDateTime":`...), u.expires)
	b = wire.AppendString(append(b, `,"nextExpectedRanges":["0-"],"uploadUrl":`...), address)
	return c.JSON(http.StatusOK, append(b, '}'))
}

// session answers on the address of a session: PUT sends a fragment, GET tells the state, POST
// commits a deferred one, DELETE gives up.
func (s *Store) session(c *wire.Call) error {
	query := c.Request.URL.Query()
	token := strings.Trim(query.Get("guid"), "'")
	u := s.uploads.get(token)
	if u == nil || query.Get("tempauth") != ticketPrefix+s.secret(token) {
		return itemNotFound()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over || c.Now.After(u.expires) {
		return itemNotFound()
	}
	var err error
	switch c.Request.Method {
	case http.MethodGet:
		return u.progress(c, http.StatusOK)
	case http.MethodPut:
		err = u.fragment(c)
	case http.MethodPost:
		err = u.commit(c)
	case http.MethodDelete:
		u.over = true
		c.Writer.WriteHeader(http.StatusNoContent)
	default:
		return &wire.Error{Status: http.StatusMethodNotAllowed, Code: "invalidRequest", Message: "Specified HTTP method is not allowed for the request target."}
	}
	if u.over {
		s.uploads.end(token)
	}
	return err
}
