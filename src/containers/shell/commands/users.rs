//! id, whoami and ps: who runs here.

use super::flag;
use crate::containers::shell::machine::Machine;

pub(super) fn whoami(shell: &mut Machine) {
    match (shell.user.name, shell.bash) {
        ("", false) => shell.fail(1, &format!("whoami: unknown uid {}", shell.user.uid)),
        ("", true) => {
            shell.fail(1, &format!("whoami: cannot find name for user ID {}", shell.user.uid));
        }
        (name, _) => shell.print(&format!("{name}\n")),
    }
}

/// busybox lists groups by number; others begin with the first group.
pub(super) fn id(shell: &mut Machine, arguments: &[&str]) {
    let user = std::rc::Rc::clone(&shell.user);
    let mut groups: Vec<i64> = user.groups.to_vec();
    if shell.bash {
        groups.retain(|group| *group != user.gid);
        groups.insert(0, user.gid);
    }
    let named = |number: i64, name: &str| match name {
        "" => number.to_string(),
        name => format!("{number}({name})"),
    };
    let group = |group: i64| named(group, user.group_name(group));
    let short = |number: i64, name: &str| match name {
        name if flag(arguments, 'n') && !name.is_empty() => name.to_owned(),
        _ => number.to_string(),
    };
    let text = if flag(arguments, 'u') {
        short(user.uid, user.name)
    } else if flag(arguments, 'g') {
        short(user.gid, user.group_name(user.gid))
    } else if flag(arguments, 'G') {
        let all = groups.iter().map(|group| short(*group, user.group_name(*group)));
        all.collect::<Vec<_>>().join(" ")
    } else {
        let all: Vec<String> = groups.into_iter().map(group).collect();
        let (uid, gid) = (named(user.uid, user.name), group(user.gid));
        format!("uid={uid} gid={gid} groups={}", all.join(","))
    };
    shell.print(&format!("{text}\n"));
}

pub(super) fn ps(shell: &mut Machine) {
    let user = match shell.user.name {
        "" => shell.user.uid.to_string(),
        name => name.to_owned(),
    };
    shell.print(&format!("PID   USER     TIME  COMMAND\n    1 {user:<8}  0:00 sh\n"));
}
