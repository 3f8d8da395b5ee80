package mail

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// UploadHost is the pre-authenticated host of upload sessions, served as a first path segment.
const UploadHost = "outlook.office.com"

const (
	largestUpload = 150 << 20
	largestChunk  = 4 << 20
	uploadLife    = 24 * time.Hour
)

// upload is a session.
type upload struct {
	box                          *box
	key                          key
	size                         int64
	name, contentType, contentID string
	inline                       bool
	corrupt                      string
	expires                      time.Time
	received                     []byte
}

// uploads are the sessions that are open.
type uploads struct {
	mu    sync.Mutex
	count uint64
	open  map[string]*upload
}

func (u *uploads) begin(session *upload) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count++
	if u.open == nil {
		u.open = map[string]*upload{}
	}
	source := seed.New(session.box.seed, u.count)
	token := source.GUID()
	u.open[token] = session
	return token
}

var (
	sessionPath  = regexp.MustCompile(`AttachmentSessions\('([^']+)'\)$`)
	contentRange = regexp.MustCompile(`^bytes (\d+)-(\d+)/(\d+)$`)
)

// Upload serves the sessions: PUT sends a chunk, GET tells the state, DELETE gives up.
func (s *Store) Upload(w http.ResponseWriter, r *http.Request) {
	call := &wire.Call{Writer: w, Request: r, Now: s.config.Now()}
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	token := ""
	if match := sessionPath.FindStringSubmatch(r.URL.Path); match != nil {
		token = match[1]
	}
	session := s.uploads.open[token]
	switch {
	case session == nil || call.Now.After(session.expires):
		call.Fail(itemNotFound())
	case r.Header.Get("Authorization") != "":
		call.Fail(&wire.Error{Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: "An upload session takes no Authorization header."})
	case r.Method == http.MethodDelete:
		delete(s.uploads.open, token)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet:
		session.progress(call)
	case r.Method == http.MethodPut:
		if err := session.chunk(call, func() { delete(s.uploads.open, token) }); err != nil {
			call.Fail(err)
		}
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (u *upload) progress(c *wire.Call) {
	body := wire.AppendTime([]byte(`{"expirationDateTime":`), u.expires)
	_ = c.JSON(http.StatusOK, append(body, fmt.Sprintf(`,"nextExpectedRanges":["%d"]}`, len(u.received))...)) // always nil
}

// chunk takes the next piece; the last one makes the attachment.
func (u *upload) chunk(c *wire.Call, done func()) error {
	match := contentRange.FindStringSubmatch(c.Request.Header.Get("Content-Range"))
	if match == nil {
		return wire.BadRequest("ErrorInvalidRequest", "The Content-Range header is missing or malformed.")
	}
	from, total := toInt(match[1]), toInt(match[3])
	data, err := c.Body()
	switch {
	case err != nil:
		return err
	case len(data) > largestChunk:
		return wire.BadRequest("ErrorInvalidRequest", "A chunk holds at most 4 MB.")
	case total != u.size || toInt(match[2])-from+1 != int64(len(data)):
		return wire.BadRequest("ErrorInvalidRequest", "The Content-Range does not fit the content or the announced size.")
	case from != int64(len(u.received)):
		return &wire.Error{Status: http.StatusRequestedRangeNotSatisfiable, Code: "ErrorInvalidRange", Message: "The chunk is not the one that is expected next."}
	}
	u.received = append(u.received, data...)
	if int64(len(u.received)) < u.size {
		u.progress(c)
		return nil
	}
	done()
	return u.finish(c)
}

func toInt(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (u *upload) finish(c *wire.Call) error {
	b := u.box
	b.mu.Lock()
	defer b.mu.Unlock()
	if folder, _, _, there := b.lookup(u.key); !there || folder == 0 {
		return itemNotFound()
	}
	if u.corrupt == "byte" {
		u.received[len(u.received)/2] ^= 1
	}
	a := letter.NewFile(u.name, u.contentType, u.received)
	a.ContentID, a.Inline, a.Modified = u.contentID, u.inline, c.Now.UTC().Truncate(time.Second)
	if u.corrupt != "drop" {
		b.hang(c, b.touch(u.key), a)
	}
	c.Writer.Header().Set("Location", fmt.Sprintf("https://%s/api/v2.0/Users('%s')/Messages('%s')/Attachments('%s')",
		UploadHost, b.owner.ID, b.messageID(u.key, 0, true), b.attachmentID(u.key, a.Number)))
	c.Writer.WriteHeader(http.StatusCreated)
	return nil
}
