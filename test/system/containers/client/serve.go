package main

import (
	"bufio"
	"encoding/json"
	"net"
	"sync"
)

type incoming struct {
	ID     *int            `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type outgoing struct {
	Version string          `json:"jsonrpc"`
	ID      int             `json:"id"`
	Result  json.RawMessage `json:"result"`
}

// service answers every request with its own params. Notifications are only heard.
type service struct {
	lock sync.Mutex
	did  *report
}

// serveUntil reports what was served until then.
func serveUntil(ended <-chan struct{}, socket string) error {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	defer listener.Close()
	served := &service{did: newReport()}
	go served.acceptFrom(listener)
	<-ended
	served.lock.Lock()
	served.did.print()
	return nil
}

func (s *service) acceptFrom(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		s.note(&report{Connections: 1})
		go s.answerFrom(connection)
	}
}

func (s *service) answerFrom(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			s.note(&report{ReceivedBytes: len(line)})
			return
		}
		var asked incoming
		if err := json.Unmarshal(line, &asked); err != nil {
			s.note(&report{ReceivedBytes: len(line), Errors: []string{err.Error()}})
			return
		}
		sent, err := answer(connection, asked)
		s.note(&report{ReceivedBytes: len(line), Calls: map[string]int{asked.Method: 1}, SentBytes: sent})
		if err != nil {
			s.note(&report{Errors: []string{err.Error()}})
			return
		}
	}
}

func answer(connection net.Conn, asked incoming) (int, error) {
	if asked.ID == nil {
		return 0, nil
	}
	text, err := json.Marshal(outgoing{"2.0", *asked.ID, asked.Params})
	if err != nil {
		return 0, err
	}
	return connection.Write(append(text, '\n'))
}

func (s *service) note(did *report) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.did.add(did)
}
