//! wget, curl and nc: asked of the other pods.

use super::{flag, operands};
use crate::containers::process::{Answer, Outside, Request};
use crate::containers::shell::machine::Machine;
use crate::sim::Duration;

/// So often a client follows a page to where it has gone. Follows busybox's `MAX_REDIRECTIONS`.
const MOST_REDIRECTS: usize = 5;

/// `http://HOST:PORT/PATH` taken apart.
fn address(url: &str) -> (String, u16, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at).unwrap_or((rest, "/")),
        None => (rest, "/"),
    };
    let default = if url.starts_with("https") { 443 } else { 80 };
    let (host, port) = host
        .rsplit_once(':')
        .map_or((host, default), |(host, port)| (host, port.parse().unwrap_or(default)));
    (host.to_owned(), port, path.to_owned())
}

pub(super) fn fetch(
    shell: &mut Machine,
    name: &str,
    arguments: &[&str],
    outside: &mut dyn Outside,
) {
    let takes_value = [
        "-A",
        "-O",
        "-T",
        "-U",
        "-o",
        "-m",
        "-H",
        "-X",
        "-d",
        "-w",
        "--max-time",
        "--timeout",
        "--connect-timeout",
        "-t",
        "--tries",
        "--retry",
        "--user-agent",
    ];
    let mut words = Vec::new();
    let wget = name.ends_with("wget");
    let mut agent = match (wget, shell.bash) {
        (true, false) => "Wget",
        (true, true) => "Wget/1.25.0",
        (false, _) => "curl/8.17.0",
    };
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        if takes_value.contains(word) {
            let value = rest.next().copied().unwrap_or_default();
            if matches!(*word, "-A" | "-U" | "--user-agent") {
                agent = value;
            }
        } else if let Some(value) = word.strip_prefix("--user-agent=") {
            agent = value;
        } else if !word.starts_with('-') {
            words.push(*word);
        }
    }
    let Some(url) = words.last() else { return shell.fail(1, &format!("{name}: missing URL")) };
    let (mut host, mut port, mut path) = address(url);
    let quiet = flag(arguments, 'q') || flag(arguments, 's');
    if wget && !quiet {
        shell.print_error(&format!("Connecting to {host}:{port} ({host}:{port})\n"));
    }
    let mut answer = outside.http(&host, Request { port, path: &path, agent });
    let follows = wget || flag(arguments, 'L') || arguments.contains(&"--location");
    for _ in 0..MOST_REDIRECTS {
        let Answer::Moved { to, .. } = &answer else { break };
        if !follows {
            break;
        }
        match to.contains("://") {
            true => (host, port, path) = address(to),
            false => path = to.to_string(),
        }
        answer = outside.http(&host, Request { port, path: &path, agent });
    }
    match answer {
        Answer::Moved { body, .. } if !wget => shell.print(&body),
        Answer::Moved { .. } => shell.fail(1, "wget: too many redirections"),
        Answer::Body { status, body } if status < 400 || !wget => {
            shell.print(&body);
        }
        Answer::Body { status, .. } => {
            shell.fail(1, &format!("wget: server returned error: HTTP/1.1 {status}"))
        }
        Answer::Refused if wget => {
            shell.fail(
                1,
                &format!("wget: can't connect to remote host ({host}): Connection refused"),
            );
        }
        Answer::Refused => {
            shell.fail(7, &format!("curl: (7) Failed to connect to {host} port {port} after 0 ms: Could not connect to server"));
        }
        Answer::Unknown if wget => shell.fail(1, &format!("wget: bad address '{host}:{port}'")),
        Answer::Unknown => shell.fail(6, &format!("curl: (6) Could not resolve host: {host}")),
        Answer::Silent => {
            shell.pause(Duration::from_seconds(10));
            shell.fail(
                1,
                if wget { "wget: download timed out" } else { "curl: (28) Connection timed out" },
            );
        }
    }
}

pub(super) fn netcat(shell: &mut Machine, arguments: &[&str], outside: &mut dyn Outside) {
    let words = operands(arguments);
    let (host, port) = (
        words.first().copied().unwrap_or_default(),
        words.get(1).and_then(|port| port.parse().ok()).unwrap_or(0),
    );
    let answer = outside.http(host, Request { port, path: "/", agent: "-" });
    let open = matches!(answer, Answer::Body { .. } | Answer::Moved { .. });
    shell.status = i64::from(!open);
}
