"""The HTTP API and the web page over one `MovieSearch`: `moviesearch.web.app.create_app` makes them."""
