//! ls: names in the order of the alphabet, one on each line, as it prints them where nobody looks at a terminal.

use super::{flag, operands};
use crate::containers::files::Files;
use crate::containers::shell::machine::Machine;

/// Files that are named first, then each folder, under its name if it is not the only one.
pub(super) fn ls(shell: &mut Machine, arguments: &[&str]) {
    let mut paths = operands(arguments);
    if paths.is_empty() {
        paths.push(".");
    }
    let (mut files, mut folders) = (String::new(), Vec::new());
    for path in &paths {
        let whole = Files::absolute(&shell.folder, path);
        let folder = shell.files.is_folder(&whole) && !flag(arguments, 'd');
        match shell.files.exists(&whole) {
            true if folder => folders.push((*path, whole)),
            true => files.push_str(&format!("{path}\n")),
            false => shell.fail(1, &format!("ls: {path}: No such file or directory")),
        }
    }
    shell.print(&files);
    let headed = paths.len() > 1 || flag(arguments, 'R');
    let mut first = files.is_empty();
    while !folders.is_empty() {
        let (path, whole) = folders.remove(0);
        let names = shown(shell, &whole, arguments);
        let mut text = String::new();
        if headed {
            text.push_str(if first { "" } else { "\n" });
            text.push_str(&format!("{path}:\n"));
        }
        first = false;
        text.extend(names.iter().map(|name| format!("{name}\n")));
        shell.print(&text);
        if flag(arguments, 'R') {
            descend(shell, path, &whole, &names);
        }
    }
}

/// The names in a folder; those with a dot in front only for who asks for them.
fn shown(shell: &Machine, whole: &str, arguments: &[&str]) -> Vec<String> {
    let all = flag(arguments, 'a');
    let mut names: Vec<String> = if all { vec![".".into(), "..".into()] } else { Vec::new() };
    let hidden = |name: &str| name.starts_with('.') && !all && !flag(arguments, 'A');
    let inside = shell.files.list(whole);
    names.extend(inside.iter().filter(|name| !hidden(name)).map(|name| name.to_string()));
    names
}

/// The folders in a folder, each under its name.
fn descend(shell: &mut Machine, path: &str, whole: &str, names: &[String]) {
    for name in names.iter().filter(|name| !matches!(name.as_str(), "." | "..")) {
        let inside = Files::absolute(whole, name);
        if !shell.files.is_folder(&inside) {
            continue;
        }
        let shown_path = format!("{}/{name}", path.trim_end_matches('/'));
        let inner = shown(shell, &inside, &[]);
        let lines: String = inner.iter().map(|name| format!("{name}\n")).collect();
        shell.print(&format!("\n{shown_path}:\n{lines}"));
        descend(shell, &shown_path, &inside, &inner);
    }
}
