use super::*;
use crate::cluster::{Cluster, Config};
use crate::sim::Duration;
use crate::terminal::Terminal;
use crate::view::palette::Palette;

struct Screen {
    cluster: Cluster,
    terminal: Terminal,
    palette: Palette,
    yard: Rc<YardView>,
}

impl Screen {
    fn new() -> Self {
        let cluster = Cluster::new(Config::default());
        let mut screen = Self {
            cluster,
            terminal: Terminal::default(),
            palette: Palette::default(),
            yard: Rc::default(),
        };
        screen.look();
        screen
    }

    fn look(&mut self) -> Motion {
        let after = YardView::build(&self.cluster, &self.yard, &mut self.palette, false);
        let motion = Motion::between(&self.yard, &after);
        self.yard = after;
        motion
    }

    fn run(&mut self, line: &str) -> Motion {
        self.terminal.start(line).poll(&mut self.cluster, &mut self.terminal);
        let at = self.cluster.now() + Duration::from_millis(1);
        self.cluster.run_until(at);
        self.look()
    }

    /// Second by second until somebody does this.
    fn wait(&mut self, act: Act) -> Motion {
        for _ in 0..900 {
            let at = self.cluster.now() + Duration::from_millis(500);
            self.cluster.run_until(at);
            let motion = self.look();
            if motion.movers.iter().any(|mover| mover.act == act) {
                return motion;
            }
        }
        panic!("nobody was {}", act.word());
    }
}

fn acts(motion: &Motion) -> Vec<Act> {
    let mut acts: Vec<Act> = motion.movers.iter().map(|mover| mover.act).collect();
    acts.sort_unstable();
    acts
}

#[test]
fn the_first_picture_moves_nothing() {
    let mut screen = Screen::new();
    assert_eq!(screen.look(), Motion::default());
}

#[test]
fn a_replacement_is_born_of_its_controller_and_the_deleted_one_goes() {
    let mut screen = Screen::new();
    let made = screen.run("kubectl create deployment web --image=nginx --replicas=2");
    assert_eq!(acts(&made), [Act::Born, Act::Born]);
    assert!(made.movers.iter().all(|mover| mover.owner.is_some()));
    assert!(made.taken.contains(&(Look::Pending, Look::Creating)));
    screen.cluster.run_until(screen.cluster.now() + Duration::from_seconds(20));
    let ran = screen.look();
    assert_eq!(ran.taken.iter().copied().collect::<Vec<_>>(), [(Look::Creating, Look::Running)]);
    let deleted = screen.run("kubectl delete --wait=false $(kubectl get pods -o name | head -1)");
    assert!(deleted.taken.contains(&(Look::Running, Look::Terminating)));
    if acts(&deleted).is_empty() {
        assert_eq!(acts(&screen.wait(Act::Born)), [Act::Born]);
    }
    assert_eq!(acts(&screen.wait(Act::Gone)), [Act::Gone]);
}

#[test]
fn a_pod_that_waited_in_the_tray_is_bound() {
    let mut screen = Screen::new();
    screen.run("kubectl cordon worker-1; kubectl cordon worker-2; kubectl cordon worker-3");
    assert_eq!(acts(&screen.run("kubectl run alone --image=nginx")), [Act::Appears]);
    assert_eq!(screen.yard.tray.len(), 1);
    screen.run("kubectl uncordon worker-2");
    assert!(screen.yard.tray.is_empty() || acts(&screen.wait(Act::Bound)) == [Act::Bound]);
}

#[test]
fn a_label_lets_a_pod_go_and_another_takes_it_in() {
    let mut screen = Screen::new();
    screen.run("kubectl create deployment web --image=nginx --replicas=1");
    screen.cluster.run_until(screen.cluster.now() + Duration::from_seconds(20));
    screen.look();
    let name = screen.yard.tiles().next().unwrap().1.key.name.to_string();
    let hash =
        format!("$(kubectl get pod {name} -o jsonpath='{{.metadata.labels.pod-template-hash}}')");
    let gone = screen.run(&format!("kubectl label pod {name} app=odd --overwrite"));
    assert_eq!(acts(&gone), [Act::Born, Act::Released]);
    screen.run("kubectl scale deployment web --replicas=2");
    let back = screen
        .run(&format!("kubectl label pod {name} app=web pod-template-hash={hash} --overwrite"));
    assert!(acts(&back).contains(&Act::Adopted), "{back:?}");
}

#[test]
fn pods_are_driven_off_a_node_that_is_down() {
    let mut screen = Screen::new();
    screen.run("kubectl create deployment web --image=nginx --replicas=3");
    screen.cluster.run_until(screen.cluster.now() + Duration::from_seconds(20));
    screen.look();
    screen.run("yard node stop worker-1");
    let driven = screen.wait(Act::Evicted);
    assert!(driven.taken.contains(&(Look::Lost, Look::Terminating)), "{driven:?}");
}

#[test]
fn what_is_over_goes_to_the_drawer_of_its_owner() {
    let mut screen = Screen::new();
    screen.run("kubectl create job hello --image=busybox -- sh -c 'sleep 2'");
    let over = screen.wait(Act::Finished);
    assert_eq!(acts(&over), [Act::Finished]);
    assert_eq!(screen.yard.drawers.len(), 1);
    let drawer = &screen.yard.drawers[0];
    assert_eq!((drawer.completed, drawer.failed, drawer.hidden()), (1, 0, 0));
    assert!(screen.yard.nodes.iter().all(|node| node.tiles.is_empty()));
    assert_eq!(screen.yard.counts.get(&Look::Completed), Some(&1));
}

#[test]
fn a_drawer_is_bounded_and_a_crowd_does_not_fly() {
    let mut screen = Screen::new();
    let made = screen.run("kubectl create deployment web --image=nginx --replicas=100");
    assert!(made.movers.is_empty() && !made.taken.is_empty());
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: many}\nspec:\n  completions: 40\n  parallelism: 40\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 1']}]\n";
    screen.terminal.files.insert("many.yaml".into(), job.into());
    screen.run("kubectl apply -f many.yaml");
    screen.cluster.run_until(screen.cluster.now() + Duration::from_seconds(60));
    screen.look();
    let drawer = &screen.yard.drawers[0];
    assert_eq!((drawer.completed, drawer.tiles.len(), drawer.hidden()), (40, 16, 24));
}
