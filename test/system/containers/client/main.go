// A JSON-RPC 2.0 client, one message a line, for containers that have nothing but this file. It checks every
// answer, and says at the end, as one line of JSON, what it has sent and received. With -serve it is the
// service instead.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

type settings struct {
	socket      string
	connections int
	calls       int
	payload     string
	methods     []string
	pause       time.Duration
}

func main() {
	socket := flag.String("socket", "", "path of the Unix socket")
	connections := flag.Int("connections", 1, "how many connections, at the same time")
	calls := flag.Int("calls", 0, "calls of each connection; 0: until standard input ends")
	payload := flag.Int("payload", 16, "bytes of text that each call carries")
	methods := flag.String("methods", "echo", "methods to call in turn, with commas between")
	pause := flag.Duration("pause", 0, "after each call")
	rounds := flag.Bool("rounds", false, "do it all, and report, for each line of standard input")
	notify := flag.Bool("notify", false, "send one notification and end at once")
	serve := flag.Bool("serve", false, "listen on the socket and answer until standard input ends")
	flag.Parse()
	given := settings{
		socket:      *socket,
		connections: *connections,
		calls:       *calls,
		payload:     strings.Repeat("x", *payload),
		methods:     strings.Split(*methods, ","),
		pause:       *pause,
	}
	switch {
	case *serve:
		exitIf(serveUntil(endOf(os.Stdin), given.socket))
	case *notify:
		notifyOnce(given).print()
	case *rounds:
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			talk(given, nil).print()
		}
	default:
		talk(given, endOf(os.Stdin)).print()
	}
}

// endOf gives a channel that is closed when there is nothing left to read.
func endOf(reader io.Reader) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, reader)
		close(ended)
	}()
	return ended
}

func exitIf(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
