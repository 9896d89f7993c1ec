//! What a process serves, and the network around it.

use std::rc::Rc;

use chrono::DateTime;

use super::{Process, Program};
use crate::containers::files::Files;
use crate::sim::{Duration, Time};

/// What a request gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An answer.
    Body {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The page is elsewhere.
    Moved {
        /// Where: an address, or a path on the same host.
        to: Rc<str>,
        /// The body.
        body: String,
    },
    /// Nobody listens.
    Refused,
    /// No such host.
    Unknown,
    /// No answer at all.
    Silent,
}

/// What a server says of its health, or of that of one of its services. Follows `grpc.health.v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// The word of its status.
    Status(Rc<str>),
    /// It has no such service.
    UnknownService,
    /// Nobody who speaks gRPC answers.
    Silent,
}

/// A request for a page.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The port.
    pub port: u16,
    /// The path.
    pub path: &'a str,
    /// The program that asks, as it names itself.
    pub agent: &'a str,
}

/// The network outside a container.
pub trait Outside {
    /// Asks a host for a page.
    fn http(&mut self, host: &str, request: Request<'_>) -> Answer;
}

impl Process {
    /// Answers a request.
    pub fn http(&mut self, now: Time, request: Request<'_>, peer: &str) -> Answer {
        let Request { port, path, agent } = request;
        if self.hung {
            return Answer::Silent;
        }
        if !self.listens(port) {
            return Answer::Refused;
        }
        self.requests += 1;
        let moved = self.redirect.clone().filter(|to| **to != *path);
        let (status, body) = match &moved {
            Some(to) => (302, format!("<a href=\"{to}\">Found</a>.\n\n")),
            None => self.page(now, path),
        };
        if !self.image.request_log.is_empty() {
            let line = self.image.request_log.replace("{peer}", peer).replace("{path}", path);
            let line = line.replace("{agent}", agent).replace("{clf}", &clf(now));
            let line = line.replace("{status}", &status.to_string());
            self.log(now, &line.replace("{bytes}", &body.len().to_string()));
        }
        match moved {
            Some(to) => Answer::Moved { to, body },
            None => Answer::Body { status, body },
        }
    }

    /// What it says of the health of a service, or of all it does if none is named. What its image serves is well
    /// unless annotations say otherwise.
    pub fn grpc(&self, port: u16, service: &str) -> Health {
        if self.hung || !self.listens(port) {
            return Health::Silent;
        }
        match &self.grpc {
            Some(known) => match known.iter().find(|(name, _)| **name == *service) {
                Some((_, status)) => Health::Status(Rc::clone(status)),
                None => Health::UnknownService,
            },
            None if self.image.grpc => Health::Status("SERVING".into()),
            None => Health::Silent,
        }
    }

    /// The page of a path, with its status.
    fn page(&self, now: Time, path: &str) -> (u16, String) {
        let tired = self.image.good_requests.is_some_and(|most| self.requests > most);
        let old = self
            .image
            .good_seconds
            .is_some_and(|most| now - self.started > Duration::from_seconds(most));
        if tired || old {
            return (500, "I'm not well. Please restart me!\n".into());
        }
        let whole = self.image.body.replace("{hostname}", &self.hostname);
        if self.image.web_root.is_empty() {
            return (200, whole);
        }
        // A server of files: those that somebody put there, and the page that came with the image.
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let name = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        match self.files.read(&Files::absolute(&self.image.web_root, name.trim_start_matches('/')))
        {
            Some(text) => (200, text.to_owned()),
            None if name == "/index.html" => (200, whole),
            None => (404, "<html>\n<head><title>404 Not Found</title></head>\n</html>\n".into()),
        }
    }

    /// Whether something listens on a port.
    pub fn listens(&self, port: u16) -> bool {
        matches!(self.program, Program::Server { .. })
            && self.exit.is_none()
            && self.image.ports.contains(&port)
    }
}

/// A moment as logs of web servers have it: `01/Dec/2026:17:43:47 +0000`.
fn clf(at: Time) -> String {
    let at = DateTime::from_timestamp_millis(at.unix_millis()).unwrap_or_default();
    at.format("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// The network as a command sees it that runs beside a process: what the process serves is on `localhost`.
pub(super) struct Beside<'a> {
    pub(super) process: &'a mut Process,
    pub(super) outside: &'a mut dyn Outside,
    pub(super) now: Time,
}

impl Outside for Beside<'_> {
    fn http(&mut self, host: &str, request: Request<'_>) -> Answer {
        let local = ["localhost", "127.0.0.1", "::1", &self.process.hostname].contains(&host);
        match local && self.process.listens(request.port) {
            true => self.process.http(self.now, request, "127.0.0.1"),
            false => self.outside.http(host, request),
        }
    }
}
