package embedded

import (
	"fmt"
	"log/slog"
)

// logger passes the server's lines to slog. Its chatter at start (notices) is debug here.
type logger struct{ log *slog.Logger }

func newLogger(log *slog.Logger) logger {
	if log == nil {
		log = slog.Default()
	}
	return logger{log.With("component", "nats-server")}
}

func (l logger) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l logger) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l logger) Fatalf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l logger) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l logger) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l logger) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
