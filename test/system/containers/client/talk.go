package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"time"
)

// patience is how long an answer may take: no test waits so long when all is well.
const patience = 20 * time.Second

type request struct {
	Version string   `json:"jsonrpc"`
	ID      int      `json:"id,omitempty"`
	Method  string   `json:"method"`
	Params  []string `json:"params"`
}

type response struct {
	ID     int      `json:"id"`
	Result []string `json:"result"`
}

// talk opens all connections at the same time and makes all calls on each. Each stops early once `ended` is
// closed.
func talk(given settings, ended <-chan struct{}) *report {
	reports := make(chan *report)
	for i := 0; i < given.connections; i++ {
		go func() { reports <- talkOnce(given, ended) }()
	}
	all := newReport()
	for i := 0; i < given.connections; i++ {
		all.add(<-reports)
	}
	return all
}

func talkOnce(given settings, ended <-chan struct{}) *report {
	did := newReport()
	connection, err := net.Dial("unix", given.socket)
	if err != nil {
		did.Errors = append(did.Errors, err.Error())
		return did
	}
	defer connection.Close()
	did.Connections = 1
	reader := bufio.NewReader(connection)
	for id := 1; given.calls == 0 || id <= given.calls; id++ {
		method := given.methods[(id-1)%len(given.methods)]
		if err := did.call(connection, reader, request{"2.0", id, method, []string{given.payload}}); err != nil {
			did.Errors = append(did.Errors, err.Error())
			break
		}
		select {
		case <-time.After(given.pause):
		case <-ended:
			if given.calls == 0 {
				return did
			}
		}
	}
	return did
}

func (r *report) call(connection net.Conn, reader *bufio.Reader, asked request) error {
	connection.SetDeadline(time.Now().Add(patience))
	if err := r.send(connection, asked); err != nil {
		return err
	}
	line, err := reader.ReadBytes('\n')
	r.ReceivedBytes += len(line)
	if err != nil {
		return fmt.Errorf("no answer to %s %d: %w", asked.Method, asked.ID, err)
	}
	var answered response
	if err := json.Unmarshal(line, &answered); err != nil {
		return fmt.Errorf("%q is no answer: %w", line, err)
	}
	if answered.ID != asked.ID || len(answered.Result) != 1 || answered.Result[0] != asked.Params[0] {
		return fmt.Errorf("%q is not the answer to %s %d", line, asked.Method, asked.ID)
	}
	return nil
}

func (r *report) send(connection net.Conn, asked request) error {
	text, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	sent, err := connection.Write(append(text, '\n'))
	r.SentBytes += sent
	if err == nil {
		r.Calls[asked.Method]++
	}
	return err
}

// notifyOnce is gone before anybody had time to look who it was.
func notifyOnce(given settings) *report {
	did := newReport()
	connection, err := net.Dial("unix", given.socket)
	if err == nil {
		did.Connections = 1
		err = did.send(connection, request{Version: "2.0", Method: given.methods[0], Params: []string{given.payload}})
	}
	if err != nil {
		did.Errors = append(did.Errors, err.Error())
	}
	return did
}
