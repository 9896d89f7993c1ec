//! The same seed and the same inputs are the same history, bit for bit, on the host and in the page.
//!
//! `cargo xtask test web` runs `parity.txt` by the native `podyard run` and hands its output over.

use podyard::cluster::{Cluster, Config};
use podyard::sim::{Duration, Time, rng::Seed};
use podyard::terminal::{Stream, Terminal};
use wasm_bindgen_test::wasm_bindgen_test;

const SCRIPT: &str = include_str!("parity.txt");
const ON_THE_HOST: &str =
    include_str!(env!("PODYARD_PARITY", "these tests are run by `cargo xtask test web`"));

/// What `podyard run` prints to its standard output.
fn transcript(cluster: &mut Cluster) -> String {
    let mut terminal = Terminal::default();
    let mut printed = String::new();
    for line in SCRIPT.lines() {
        printed.push_str(&format!("$ {line}\n"));
        let mut running = terminal.start(line);
        loop {
            let poll = running.poll(cluster, &mut terminal);
            let said = poll.output.iter().filter(|(stream, _)| *stream == Stream::Out);
            printed.extend(said.map(|(_, text)| text.as_str()));
            if poll.status.is_some() {
                break;
            }
            let until = poll.until.unwrap_or(cluster.now() + Duration::from_seconds(600));
            cluster.run_until(cluster.next_wake().map_or(until, |wake| wake.min(until)));
        }
    }
    printed
}

#[wasm_bindgen_test]
fn a_session_in_the_page_is_the_session_on_the_host() {
    let start = Time::parse_rfc3339("2026-03-01T22:58:00Z").unwrap();
    let config = Config { start, seed: Seed(7), ..Config::default() };
    let here = transcript(&mut Cluster::new(config));
    assert!(ON_THE_HOST.lines().count() > 300, "{ON_THE_HOST}");
    for (number, (host, page)) in ON_THE_HOST.lines().zip(here.lines()).enumerate() {
        assert_eq!(host, page, "line {}", number + 1);
    }
    assert_eq!(ON_THE_HOST.len(), here.len());
}
