//! A relay between the browser and the server of wasm-bindgen's test runner.
//!
//! That server hands connections to four threads and may leave a fifth waiting for as long as the others are kept open.
//! A browser opens six at once, one for each script of the page, and keeps them: nothing would ever start. The relay
//! asks for one thing per connection and closes it.

use std::io::{BufRead as _, BufReader, Error, Result, Write as _};
use std::net::{TcpListener, TcpStream};

/// Starts one for as long as this program runs; gives its port. It speaks as a proxy does.
pub fn start() -> std::result::Result<u16, String> {
    let open = || -> Result<(TcpListener, u16)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    };
    let (listener, port) = open().map_err(|error| format!("a relay: {error}"))?;
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // Who went away needs no answer.
            std::thread::spawn(move || relay(client).ok());
        }
    });
    Ok(port)
}

/// Asks once, with what the browser asked, and gives the answer.
fn relay(mut client: TcpStream) -> Result<()> {
    let mut asked = BufReader::new(client.try_clone()?);
    let mut line = String::new();
    asked.read_line(&mut line)?;
    let Some((server, mut head)) = directed(&line) else {
        return client.write_all(b"HTTP/1.1 502 Not this machine\r\nConnection: close\r\n\r\n");
    };
    loop {
        line.clear();
        if asked.read_line(&mut line)? == 0 {
            return Err(Error::other("half a question"));
        }
        if line.trim_end().is_empty() {
            break;
        }
        if !line.to_ascii_lowercase().contains("connection:") {
            head.push_str(&line);
        }
    }
    head.push_str("Connection: close\r\n\r\n");
    let mut server = TcpStream::connect(server)?;
    server.write_all(head.as_bytes())?;
    std::io::copy(&mut server, &mut client)?;
    Ok(())
}

/// The server of this machine that is asked, and the first line for it: nobody else may be asked for anything.
fn directed(line: &str) -> Option<(String, String)> {
    let (verb, rest) = line.split_once(" http://")?;
    let (server, path) = rest.split_once('/')?;
    let own = matches!(verb, "GET" | "HEAD") && server.starts_with("127.0.0.1:");
    own.then(|| (server.to_owned(), format!("{verb} /{path}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked() {
        let line = "GET http://127.0.0.1:8000/a/b?c HTTP/1.1\r\n";
        assert_eq!(
            directed(line),
            Some(("127.0.0.1:8000".to_owned(), "GET /a/b?c HTTP/1.1\r\n".to_owned()))
        );
        assert_eq!(directed("GET http://example.com/ HTTP/1.1\r\n"), None);
        assert_eq!(directed("CONNECT example.com:443 HTTP/1.1\r\n"), None);
    }
}
