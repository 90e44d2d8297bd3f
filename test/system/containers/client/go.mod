module udscope/jsonrpc-client

go 1.21
