// Package fleet runs the processes of docker-compose.yml on one machine without containers: what
// `make up` does, and what the tests of the fleet kill.
//
// Of the file it reads services, their entrypoint, environment and depends_on. Names of services in
// addresses become 127.0.0.1, paths below /data lie below one directory, and the program of an
// entrypoint is looked up in a directory of binaries, or in PATH.
package fleet

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Options say how a compose file becomes processes.
type Options struct {
	Compose  string // path of docker-compose.yml
	Programs string // directory of binaries
	Data     string // what stands for /data
	// FreePorts gives every port of the file a free one instead, so that fleets can run side by side.
	FreePorts bool
}

// Process is one service as a process.
type Process struct {
	Name        string
	Path        string
	Arguments   []string
	Environment []string // without the machine's own
	Once        bool     // others wait until it has ended well
}

// Plan is the processes of a fleet, those that others need first, and the address of each by the
// port that the file gives it.
type Plan struct {
	Processes []Process
	ports     map[string]string
}

// Address is where the service with that port in the file listens.
func (p Plan) Address(port int) string {
	return "127.0.0.1:" + p.ports[strconv.Itoa(port)]
}

type composeFile struct {
	Services map[string]composeService `yaml:"services"`
}

type composeService struct {
	Entrypoint  []string                     `yaml:"entrypoint"`
	Environment map[string]string            `yaml:"environment"`
	DependsOn   map[string]composeDependency `yaml:"depends_on"`
	Volumes     []string                     `yaml:"volumes"`
	Ports       []string                     `yaml:"ports"`
}

type composeDependency struct {
	Condition string `yaml:"condition"`
}

// Read plans a fleet.
func Read(options Options) (Plan, error) {
	text, err := os.ReadFile(options.Compose)
	if err != nil {
		return Plan{}, fault.As(fault.Precondition, "read compose file", err, fault.Next("name it with --compose"))
	}
	var file composeFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		return Plan{}, fault.As(fault.Invalid, "read compose file", err)
	}
	plan := Plan{ports: map[string]string{}}
	if err := plan.choosePorts(file, options.FreePorts); err != nil {
		return Plan{}, err
	}
	for _, name := range startOrder(file) {
		process, err := plan.process(name, file, options)
		if err != nil {
			return Plan{}, err
		}
		plan.Processes = append(plan.Processes, process)
	}
	return plan, nil
}

// startOrder puts services behind those that they depend on.
func startOrder(file composeFile) []string {
	var order []string
	var visit func(name string)
	visit = func(name string) {
		if slices.Contains(order, name) {
			return
		}
		for _, needed := range slices.Sorted(maps.Keys(file.Services[name].DependsOn)) {
			visit(needed)
		}
		order = append(order, name)
	}
	for _, name := range slices.Sorted(maps.Keys(file.Services)) {
		visit(name)
	}
	return order
}

func (p Plan) choosePorts(file composeFile, free bool) error {
	for _, service := range file.Services {
		for _, mapping := range service.Ports {
			port, _, _ := strings.Cut(mapping, ":")
			p.ports[port] = port
			if !free {
				continue
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return fault.As(fault.Transient, "find a free port", err)
			}
			_, p.ports[port], _ = net.SplitHostPort(listener.Addr().String())
			listener.Close()
		}
	}
	return nil
}

func (p Plan) process(name string, file composeFile, options Options) (Process, error) {
	service := file.Services[name]
	if len(service.Entrypoint) == 0 {
		return Process{}, fault.New(fault.Invalid, "read compose file", name+" has no entrypoint")
	}
	path, err := program(filepath.Base(service.Entrypoint[0]), options.Programs)
	if err != nil {
		return Process{}, err
	}
	local := p.translator(file, service, options)
	process := Process{Name: name, Path: path, Once: once(name, file)}
	for _, argument := range service.Entrypoint[1:] {
		process.Arguments = append(process.Arguments, local(argument))
	}
	for _, variable := range slices.Sorted(maps.Keys(service.Environment)) {
		process.Environment = append(process.Environment, variable+"="+local(service.Environment[variable]))
	}
	return process, nil
}

func program(name, dir string) (string, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	path, err := exec.LookPath(name)
	return path, fault.As(fault.Precondition, "find "+name, err, fault.Next("build the programs with: make build, and install redis-server"))
}

// once tells whether somebody waits for the end of a service.
func once(name string, file composeFile) bool {
	for _, service := range file.Services {
		if service.DependsOn[name].Condition == "service_completed_successfully" {
			return true
		}
	}
	return false
}

var address = regexp.MustCompile(`([a-z0-9.-]+):(\d{4,5})\b`)

// translator turns what is meant for a container into what is true on this machine.
func (p Plan) translator(file composeFile, service composeService, options Options) func(string) string {
	return func(text string) string {
		text = address.ReplaceAllStringFunc(text, func(found string) string {
			host, port, _ := net.SplitHostPort(found)
			_, named := file.Services[host]
			if !named && host != "0.0.0.0" {
				return found
			}
			return "127.0.0.1:" + p.ports[port]
		})
		if port, known := p.ports[text]; known {
			return port
		}
		for _, volume := range service.Volumes {
			source, target, _ := strings.Cut(volume, ":")
			if target, _, _ = strings.Cut(target, ":"); target == text && strings.HasPrefix(source, "./") {
				return filepath.Join(filepath.Dir(options.Compose), source)
			}
		}
		if rest, below := strings.CutPrefix(text, "/data/"); below {
			return filepath.Join(options.Data, rest)
		}
		return text
	}
}
