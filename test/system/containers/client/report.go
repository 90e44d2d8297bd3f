package main

import (
	"encoding/json"
	"os"
)

// report is what a client, or a service, has done so far. Errors are sentences.
type report struct {
	Connections   int            `json:"connections"`
	Calls         map[string]int `json:"calls"`
	SentBytes     int            `json:"sentBytes"`
	ReceivedBytes int            `json:"receivedBytes"`
	Errors        []string       `json:"errors"`
}

func newReport() *report {
	return &report{Calls: map[string]int{}, Errors: []string{}}
}

func (r *report) add(other *report) {
	r.Connections += other.Connections
	for method, calls := range other.Calls {
		r.Calls[method] += calls
	}
	r.SentBytes += other.SentBytes
	r.ReceivedBytes += other.ReceivedBytes
	r.Errors = append(r.Errors, other.Errors...)
}

func (r *report) print() {
	exitIf(json.NewEncoder(os.Stdout).Encode(r))
}
