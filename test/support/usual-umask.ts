/** What tests make is for other users, too: whoever runs them may have any umask. */
process.umask(0o022);
