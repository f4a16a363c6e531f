"""The HTTP API and the web pages of one `MovieSearch`, made by `moviesearch.web.app.create_app`."""
