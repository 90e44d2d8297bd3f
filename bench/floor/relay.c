/*
 * The least that a relay can do: what is possible on a machine, beside which others are measured. One thread; no limits, no counters,
 * no descriptors that pass, no names. LISTEN and CONNECT are paths; the third argument says how bytes move: "copy" by recv(2)
 * and send(2), "splice" through a pipe for each direction.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024)
#define EVENTS 256

/* One direction: from an end to its peer. What the peer does not take waits here, and nothing is read meanwhile. */
struct end {
  int fd;
  struct end *peer;
  char *waiting;
  size_t offset, bytes;
  int pipe[2];
  int piped;
  /* is_closing: the end has said that it sends no more, which may be behind bytes that are still to be read. */
  int is_closing, is_over, is_dead;
};

static int is_splicing, epoll;
static char buffer[BUFFER_BYTES];
static struct end *dead[2 * EVENTS];
static int dead_count;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_un address_of(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) { errno = ENAMETOOLONG; fail(path); }
  strcpy(address.sun_path, path);
  return address;
}

static void watch(int fd, void *end, int operation, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = end};
  if (epoll_ctl(epoll, operation, fd, &event) < 0) fail("epoll_ctl");
}

static struct end *end_of(int fd) {
  struct end *end = calloc(1, sizeof *end);
  if (end == NULL) fail("calloc");
  end->fd = fd;
  if (is_splicing && pipe2(end->pipe, O_NONBLOCK | O_CLOEXEC) < 0) fail("pipe2");
  return end;
}

/* Freed behind the turn: an event of it may still be to come. */
static void end_both(struct end *end) {
  if (end->is_dead) return;
  struct end *both[] = {end, end->peer};
  for (int i = 0; i < 2; i++) {
    both[i]->is_dead = 1;
    close(both[i]->fd);
    if (is_splicing) { close(both[i]->pipe[0]); close(both[i]->pipe[1]); }
    dead[dead_count++] = both[i];
  }
}

/* Returns whether nothing waits any more. */
static int flush(struct end *end) {
  while (end->bytes > 0) {
    ssize_t sent = send(end->peer->fd, end->waiting + end->offset, end->bytes, MSG_NOSIGNAL);
    if (sent < 0) { if (errno != EAGAIN) end_both(end); return 0; }
    end->offset += sent;
    end->bytes -= sent;
  }
  while (end->piped > 0) {
    ssize_t sent = splice(end->pipe[0], NULL, end->peer->fd, NULL, end->piped, SPLICE_F_NONBLOCK);
    if (sent < 0) { if (errno != EAGAIN) end_both(end); return 0; }
    end->piped -= sent;
  }
  return 1;
}

/* Moves one buffer. Returns whether there may be more. */
static int move(struct end *end) {
  if (is_splicing) {
    ssize_t got = splice(end->fd, NULL, end->pipe[1], NULL, BUFFER_BYTES, SPLICE_F_NONBLOCK);
    if (got > 0) { end->piped += got; return flush(end); }
    if (got < 0) { if (errno != EAGAIN) end_both(end); return 0; }
  } else {
    ssize_t got = recv(end->fd, buffer, BUFFER_BYTES, 0);
    if (got > 0) {
      ssize_t sent = send(end->peer->fd, buffer, got, MSG_NOSIGNAL);
      if (sent == got) return got == BUFFER_BYTES || end->is_closing;
      if (sent < 0 && errno != EAGAIN) { end_both(end); return 0; }
      if (sent < 0) sent = 0;
      if (end->waiting == NULL && (end->waiting = malloc(BUFFER_BYTES)) == NULL) fail("malloc");
      memcpy(end->waiting, buffer + sent, got - sent);
      end->offset = 0;
      end->bytes = got - sent;
      return 0;
    }
    if (got < 0) { if (errno != EAGAIN) end_both(end); return 0; }
  }
  end->is_over = 1;
  shutdown(end->peer->fd, SHUT_WR);
  if (end->peer->is_over) end_both(end);
  return 0;
}

static void serve(struct end *end) {
  while (!end->is_dead && !end->is_over && flush(end) && move(end));
}

static void open_pair(int client, struct sockaddr_un *upstream) {
  int server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (server < 0) fail("socket");
  if (connect(server, (struct sockaddr *)upstream, sizeof *upstream) < 0) { close(server); close(client); return; }
  struct end *one = end_of(client), *other = end_of(server);
  one->peer = other;
  other->peer = one;
  watch(client, one, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  watch(server, other, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int main(int count, char **arguments) {
  if (count != 4) { fprintf(stderr, "usage: relay LISTEN CONNECT copy|splice\n"); return 2; }
  signal(SIGPIPE, SIG_IGN);
  is_splicing = strcmp(arguments[3], "splice") == 0;
  struct sockaddr_un own = address_of(arguments[1]), upstream = address_of(arguments[2]);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (listener < 0 || epoll < 0) fail("socket");
  if (bind(listener, (struct sockaddr *)&own, sizeof own) < 0 || listen(listener, 1024) < 0) fail(arguments[1]);
  watch(listener, NULL, EPOLL_CTL_ADD, EPOLLIN);
  struct epoll_event events[EVENTS];
  for (;;) {
    int happened = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < happened; i++) {
      struct end *end = events[i].data.ptr;
      if (end == NULL) {
        int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) open_pair(client, &upstream);
        continue;
      }
      if (events[i].events & EPOLLOUT && !end->is_dead && (end->peer->bytes > 0 || end->peer->piped > 0)) serve(end->peer);
      if (events[i].events & ~EPOLLOUT) {
        if (events[i].events & (EPOLLRDHUP | EPOLLHUP)) end->is_closing = 1;
        serve(end);
      }
    }
    while (dead_count > 0) {
      struct end *end = dead[--dead_count];
      free(end->waiting);
      free(end);
    }
  }
}
