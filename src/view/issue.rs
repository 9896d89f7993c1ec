//! "Copy for an issue": a link, the manifests, what `kubectl get` says and the events, as Markdown. Whoever answers
//! sees the case without opening anything, and opens the very moment with one click.

use crate::cluster::Cluster;
use crate::terminal::{Stream, Terminal};

/// The commands whose output goes along.
const LOOKS: [&str; 2] = [
    "kubectl get nodes,deployments,daemonsets,replicasets,replicationcontrollers,cronjobs,jobs,pods -o wide",
    "kubectl get events --sort-by=.lastTimestamp",
];
/// At most so many lines of one output: the last ones.
const MOST_LINES: usize = 60;

/// The text. `link` is empty where the session is too long for one.
pub fn markdown(cluster: &Cluster, terminal: &Terminal, link: &str) -> String {
    let config = cluster.config();
    let moment = match link {
        "" => "The session is too long for a link: attach the saved file.".to_owned(),
        link => format!("[This very moment, live]({link})"),
    };
    let mut text = format!(
        "{moment} · Podyard, Kubernetes v1.36, seed {}, {}\n",
        config.seed.0,
        cluster.now().rfc3339()
    );
    for (name, content) in &terminal.files {
        text.push_str(&details(name, "yaml", content.trim_end()));
    }
    for line in LOOKS {
        let shown = look(cluster, terminal, line);
        text.push_str(&details(line, "console", &format!("$ {line}\n{}", cut(shown.trim_end()))));
    }
    text
}

/// What a command prints, without leaving a trace.
fn look(cluster: &Cluster, terminal: &Terminal, line: &str) -> String {
    let (mut cluster, mut terminal) = (cluster.clone(), terminal.clone());
    let poll = terminal.start(line).poll(&mut cluster, &mut terminal);
    let shown = poll.output.into_iter().filter(|(stream, _)| *stream != Stream::Explain);
    shown.map(|(_, text)| text).collect()
}

fn cut(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    match lines.len().checked_sub(MOST_LINES) {
        None | Some(0) => text.to_owned(),
        Some(more) => {
            let kept = lines.get(more..).unwrap_or_default().join("\n");
            format!("… {more} lines more\n{kept}")
        }
    }
}

/// A part that folds; its fence is longer than any in the text.
fn details(title: &str, kind: &str, text: &str) -> String {
    let longest =
        text.lines().map(|line| line.trim_start().chars().take_while(|one| *one == '`').count());
    let fence = "`".repeat(longest.max().unwrap_or(0).max(2) + 1);
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "\n<details><summary>{title}</summary>\n\n{fence}{kind}\n{text}\n{fence}\n\n</details>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Config;

    #[test]
    fn an_issue_has_the_link_the_manifest_and_what_kubectl_says() {
        let mut cluster = Cluster::new(Config::default());
        let mut terminal = Terminal::default();
        terminal.files.insert("a.yaml".into(), "kind: Pod\n# ```\n".into());
        terminal.start("kubectl run web --image=nginx").poll(&mut cluster, &mut terminal);
        let inputs = cluster.inputs().len();
        let text = markdown(&cluster, &terminal, "https://yard.example/#s1=abc");
        assert!(
            text.starts_with("[This very moment, live](https://yard.example/#s1=abc) · Podyard")
        );
        for part in [
            "<details><summary>a.yaml</summary>\n\n```yaml\nkind: Pod\n# ```\n```\n",
            "$ kubectl get events --sort-by=.lastTimestamp\n",
            "pod/web",
            "node/worker-1",
        ] {
            assert!(text.contains(part), "{part:?} is missing in {text}");
        }
        assert_eq!(
            (cluster.inputs().len(), terminal.files.len()),
            (inputs, 1),
            "looking leaves no trace"
        );
        assert!(markdown(&cluster, &terminal, "").contains("too long for a link"));
    }

    #[test]
    fn a_fence_in_a_file_does_not_end_the_block() {
        let text = details("a", "yaml", "````\nx\n````");
        assert!(text.contains("`````yaml\n````\nx\n````\n`````\n"), "{text}");
    }

    #[test]
    fn long_outputs_keep_their_end() {
        let long: Vec<String> = (0..100).map(|line| line.to_string()).collect();
        let shown = cut(&long.join("\n"));
        assert!(shown.starts_with("… 40 lines more\n40\n") && shown.ends_with("\n99"), "{shown}");
    }
}
