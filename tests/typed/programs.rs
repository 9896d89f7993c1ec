//! Programs that run programs.

use super::{Desk, PODS};

#[test]
fn commands_that_run_themselves_come_to_an_end() {
    let mut desk = Desk::new(PODS);
    let no_more = "bash: fork: Resource temporarily unavailable\n";
    desk.says("x='watch -t \"$x\"'; export x");
    assert_eq!(desk.says("timeout 1 watch -t \"$x\""), no_more);
    let nested = |times: usize| format!("{}echo x", "timeout 9 ".repeat(times));
    assert_eq!(desk.says(&nested(10)), "x\n");
    assert_eq!(desk.says(&nested(5000)), no_more);
    desk.says("export KUBE_EDITOR='kubectl edit pod a;'");
    let said = desk.says("kubectl edit pod a");
    assert_eq!(said, "error: unable to launch the editor \"kubectl edit pod a;\"\n");
}

#[test]
fn blank_lines_are_no_new_try() {
    let mut desk = Desk::new(PODS);
    desk.says("export KUBE_EDITOR=\"sed -i 's/^.*$//'\"");
    let said = desk.says("kubectl edit pod a");
    assert!(said.ends_with("error: Edit cancelled, no valid changes were saved.\n"), "{said}");
}
