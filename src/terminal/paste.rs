//! What was pasted: commands out of a study note, with its prompts, comments and the output that was copied along; or a
//! manifest, which becomes the input of `kubectl apply`.

use super::shell::parse::Gathered;
use super::tools;

/// What a pasted text becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// What goes onto the line.
    pub text: String,
    /// How many commands those are.
    pub commands: usize,
    /// How many lines of output, comments and fences were left out.
    pub skipped: usize,
    /// Whether it was a manifest.
    pub manifest: bool,
}

/// Reads a pasted text. One line without a prompt stays as it is.
pub fn pasted(text: &str) -> Pasted {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\u{a0}', " ");
    let text: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
    let lines: Vec<&str> = text.trim_matches('\n').lines().collect();
    // What a real cluster printed is taken as a whole.
    if super::is_dump(&text) {
        return Pasted { text: text.clone(), commands: 1, skipped: 0, manifest: false };
    }
    if is_manifest(&lines) {
        let body = unindented(&lines).join("\n");
        let text = format!("kubectl apply -f - <<'EOF'\n{body}\nEOF");
        return Pasted { text, commands: 1, skipped: 0, manifest: true };
    }
    let prompted = lines.iter().any(|line| behind_prompt(line).is_some());
    match (lines.as_slice(), prompted) {
        ([one], false) => {
            let text = in_quotes(one).unwrap_or(one).to_owned();
            Pasted { text, commands: 1, skipped: 0, manifest: false }
        }
        (_, true) => gather(&lines, behind_prompt),
        (_, false) if lines.iter().any(|line| command(line).is_some()) => gather(&lines, command),
        _ => Pasted { text: text.clone(), commands: 1, skipped: 0, manifest: false },
    }
}

/// Takes the commands that `begins` sees, each with the lines that continue it.
fn gather<'a>(lines: &[&'a str], begins: impl Fn(&'a str) -> Option<&'a str>) -> Pasted {
    let mut pasted = Pasted::default();
    let mut all: Vec<String> = Vec::new();
    let mut gathered = Gathered::default();
    let mut open = false;
    for line in lines {
        let line = if open {
            // A shell shows `> ` before lines that continue a command.
            line.trim_start().strip_prefix("> ").unwrap_or(line)
        } else {
            match begins(line).map(without_comment) {
                Some("") | None => {
                    pasted.skipped += usize::from(!line.trim().is_empty());
                    continue;
                }
                Some(text) => text,
            }
        };
        open = gathered.push(line);
        if !open {
            all.push(gathered.take());
        }
    }
    // What stayed open to the end was no quote that anybody meant to close.
    all.extend(gathered.take().lines().next().map(str::to_owned));
    pasted.commands = all.len();
    pasted.text = all.join("\n");
    pasted
}

const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Whether the lines are a manifest: the first that says something names a field of one.
fn is_manifest(lines: &[&str]) -> bool {
    let mut said = lines.iter().map(|line| line.trim()).filter(|line| {
        !line.is_empty() && !line.starts_with('#') && *line != "---" && !line.starts_with("```")
    });
    let first = said.next().unwrap_or("");
    lines.len() > 1
        && (first.starts_with("apiVersion:")
            || first.starts_with("kind:")
            || first.starts_with('{') && lines.iter().any(|line| line.contains("\"apiVersion\"")))
}

/// The lines of a manifest without fences and without the indentation that all share.
fn unindented<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let kept = lines.iter().filter(|line| !line.trim_start().starts_with("```"));
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared = kept.clone().filter(|line| !line.trim().is_empty()).map(|line| indent(line)).min();
    kept.map(|line| line.get(shared.unwrap_or(0)..).unwrap_or("")).collect()
}

/// What stands behind the prompt of a shell; `None` where there is none.
fn behind_prompt(line: &str) -> Option<&str> {
    let line = line.trim_start();
    for mark in ["$ ", "❯ ", "➜ ", "% "] {
        if let Some(rest) = line.strip_prefix(mark) {
            return Some(rest.trim());
        }
    }
    if line == "$" {
        return Some("");
    }
    // `user@host:~/folder$ `, `[user@host folder]$ `, `root@host:~# `, `PS C:\> `
    let (head, rest) = line
        .split_once("$ ")
        .or_else(|| line.split_once("# "))
        .or_else(|| line.split_once("> "))
        .or_else(|| Some((line.trim_end().strip_suffix('$')?, "")))?;
    let host = head.trim_start_matches('[').trim_end_matches(']');
    let (user, place) = host.split_once('@').unwrap_or(("", ""));
    let word = |text: &str| {
        !text.is_empty()
            && text.chars().all(|letter| letter.is_alphanumeric() || "._-".contains(letter))
    };
    let machine = place.split([':', ' ']).next().unwrap_or("");
    let shell = word(user) && word(machine);
    let windows = head.starts_with("PS ") || head.get(1..3) == Some(":\\");
    (shell || windows).then(|| rest.trim())
}

/// A line of a note without prompts that is a command: as it stands, or alone in quotes or backticks.
fn command(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).unwrap_or(line);
    let text = in_quotes(line).unwrap_or(line);
    let first = text.split_whitespace().next()?;
    let known = matches!(first, "kubectl" | "k" | "yard" | "sudo" | "for" | "while" | "if")
        || (tools::NAMES.contains(&first) && text.len() > first.len() && !text.ends_with('.'));
    known.then_some(text)
}

/// What stands between quotes that hold the whole line.
fn in_quotes(line: &str) -> Option<&str> {
    let line = line.trim();
    ['`', '\'', '"'].into_iter().find_map(|quote| {
        let inner = line.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.is_empty() && !inner.contains(quote)).then_some(inner)
    })
}

/// A command without the comment behind it.
fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '#') if before.is_whitespace() => {
                return text.split_at(at).0.trim_end();
            }
            _ => {}
        }
        before = letter;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, usize, usize) {
        let pasted = pasted(text);
        (pasted.text, pasted.commands, pasted.skipped)
    }

    #[test]
    fn prompts_go_output_and_comments_stay_out() {
        let note = "$ # In order to create a replication it is recommended to use Deployment.
$ kubectl create deploy kubia-deploy --image=luksa/kubia
deployment.apps/kubia-deploy created

$ kubectl get daemonsets #또는 kubectl get ds
NAME           READY   UP-TO-DATE   AVAILABLE   AGE
kubia-deploy   1/1     1            1           8s
";
        let wanted =
            "kubectl create deploy kubia-deploy --image=luksa/kubia\nkubectl get daemonsets";
        assert_eq!(read(note), (wanted.into(), 2, 4));
    }

    #[test]
    fn prompts_with_names_and_folders_are_prompts() {
        for line in [
            "inhyeok@ubuntu:~/study/kubernetes-in-action/Chapter04$ kubectl get pod",
            "[admin@node-1 ~]$ kubectl get pod",
            "root@master:~# kubectl get pod",
            "    $ kubectl get pod",
            "PS C:\\Users\\me> kubectl get pod",
            "❯ kubectl get pod",
            "$ kubectl\u{a0}get pod",
        ] {
            let text = format!("{line}\nNAME   READY\nkubia  1/1\n");
            assert_eq!(read(&text), ("kubectl get pod".into(), 1, 2), "{line}");
        }
        // An empty prompt at the end of what was copied.
        let end = "me@ubuntu:~$ kubectl get pod\nNAME READY\nme@ubuntu:~$ ";
        assert_eq!(read(end), ("kubectl get pod".into(), 1, 2));
    }

    #[test]
    fn commands_over_several_lines_stay_whole() {
        let text = "$ kubectl run x \\\n>   --image=nginx\npod/x created\n$ cat > a.yaml <<EOF\n> a: 1\n> EOF\n$ kubectl get -f a.yaml";
        let wanted = "kubectl run x \\\n  --image=nginx\ncat > a.yaml <<EOF\na: 1\nEOF\nkubectl get -f a.yaml";
        assert_eq!(read(text), (wanted.into(), 3, 1));
    }

    #[test]
    fn without_prompts_what_begins_with_a_command_is_one() {
        let text = "        'kubectl apply -f job-completions.yaml'\n        'kubectl get pods -w'\n파드가 하나씩 생깁니다.\n- `kubectl get jobs`로 조회 가능";
        let wanted = "kubectl apply -f job-completions.yaml\nkubectl get pods -w";
        assert_eq!(read(text), (wanted.into(), 2, 2));
        assert_eq!(read("```bash\nkubectl get po\n```"), ("kubectl get po".into(), 1, 2));
    }

    #[test]
    fn a_manifest_becomes_the_input_of_apply() {
        let text = "  apiVersion: v1\n  kind: Pod\n  metadata:\n    name: x\n";
        let read = pasted(text);
        assert!(read.manifest);
        assert_eq!(
            read.text,
            "kubectl apply -f - <<'EOF'\napiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nEOF"
        );
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["app=web", "two words", "first\nsecond", "kubectl get pods | wc -l", "a $ b"] {
            assert_eq!(pasted(text).text, text);
        }
        assert_eq!(pasted("$ kubectl get pods").text, "kubectl get pods");
        assert_eq!(pasted("`kubectl get pods`").text, "kubectl get pods");
    }

    #[test]
    fn what_never_closes_does_not_swallow_the_rest_of_the_line() {
        assert_eq!(read("$ echo 'a\nb\n"), ("echo 'a".into(), 1, 0));
    }
}
