// Command ttrpc serves every kind of call that ttrpc has on a socket, or makes a number of each and prints a line for each:
// the method, and the code of its failure.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/containerd/ttrpc"
	"github.com/containerd/ttrpc/integration/streaming"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

const rounds = 20

type service struct{}

func (service) Echo(_ context.Context, p *streaming.EchoPayload) (*streaming.EchoPayload, error) {
	if p.Seq%5 == 0 {
		return nil, status.Error(codes.NotFound, "no such "+p.Msg)
	}
	return p, nil
}

func (service) EchoStream(_ context.Context, s streaming.TTRPCStreaming_EchoStreamServer) error {
	for {
		p, err := s.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(p); err != nil {
			return err
		}
	}
}

func (service) SumStream(_ context.Context, s streaming.TTRPCStreaming_SumStreamServer) (*streaming.Sum, error) {
	sum := &streaming.Sum{}
	for {
		p, err := s.Recv()
		if err == io.EOF {
			return sum, nil
		}
		if err != nil {
			return nil, err
		}
		sum.Sum += p.Add
		sum.Num++
	}
}

func (service) DivideStream(_ context.Context, sum *streaming.Sum, s streaming.TTRPCStreaming_DivideStreamServer) error {
	for i := int32(0); i < sum.Num; i++ {
		if err := s.Send(&streaming.Part{Add: sum.Sum / sum.Num}); err != nil {
			return err
		}
	}
	if sum.Sum < 0 {
		return status.Error(codes.OutOfRange, "below zero")
	}
	return nil
}

func (service) EchoNull(context.Context, streaming.TTRPCStreaming_EchoNullServer) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (service) EchoNullStream(context.Context, streaming.TTRPCStreaming_EchoNullStreamServer) error {
	return nil
}

func (service) EmptyPayloadStream(context.Context, *emptypb.Empty, streaming.TTRPCStreaming_EmptyPayloadStreamServer) error {
	return nil
}

func serve(path string) error {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	server, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	streaming.RegisterTTRPCStreamingService(server, service{})
	return server.Serve(context.Background(), listener)
}

func told(method string, err error) {
	fmt.Println(method, codeOf(err))
}

func codeOf(err error) codes.Code {
	if err == io.EOF {
		return codes.OK
	}
	return status.Code(err)
}

func call(path string) error {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	client := ttrpc.NewClient(conn)
	defer client.Close()
	service := streaming.NewTTRPCStreamingClient(client)
	for i := 1; i <= rounds; i++ {
		_, err := service.Echo(ctx, &streaming.EchoPayload{Seq: uint32(i), Msg: string(make([]byte, 200*i))})
		told("Echo", err)
		if err := echo(ctx, service, i%4); err != nil {
			return err
		}
		if err := sum(ctx, service, i%4); err != nil {
			return err
		}
		if err := divide(ctx, service, int32(10-i), int32(i%4)); err != nil {
			return err
		}
	}
	told("Nothing", client.Call(ctx, "ttrpc.integration.streaming.Streaming", "Nothing", &ttrpc.Request{}, &ttrpc.Response{}))
	return nil
}

func echo(ctx context.Context, service streaming.TTRPCStreamingClient, messages int) error {
	stream, err := service.EchoStream(ctx)
	if err != nil {
		return err
	}
	for i := 0; i < messages; i++ {
		if err := stream.Send(&streaming.EchoPayload{Msg: "a"}); err != nil {
			return err
		}
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	_, err = stream.Recv()
	told("EchoStream", err)
	return nil
}

func sum(ctx context.Context, service streaming.TTRPCStreamingClient, messages int) error {
	stream, err := service.SumStream(ctx)
	if err != nil {
		return err
	}
	for i := 0; i < messages; i++ {
		if err := stream.Send(&streaming.Part{Add: 1}); err != nil {
			return err
		}
	}
	_, err = stream.CloseAndRecv()
	told("SumStream", err)
	return nil
}

func divide(ctx context.Context, service streaming.TTRPCStreamingClient, sum, parts int32) error {
	stream, err := service.DivideStream(ctx, &streaming.Sum{Sum: sum, Num: parts})
	if err != nil {
		return err
	}
	for {
		if _, err = stream.Recv(); err != nil {
			told("DivideStream", err)
			return nil
		}
	}
}

func main() {
	act := map[string]func(string) error{"serve": serve, "call": call}[os.Args[1]]
	if err := act(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
