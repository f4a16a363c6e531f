"""What tests share: an encoder by a rule, servers, films, a wiki."""
