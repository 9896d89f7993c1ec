//! Dots: tiles of which thousands fit on the screen. What has to be done to a row of them is read off the row before, so
//! that a picture costs the few that differ and not all that stand there.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::pod::Tile;
use crate::api::meta::Uid;

/// How a dot is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is not.
    None,
    /// It is selected.
    Selected,
    /// It belongs to what is selected.
    Concerned,
}

/// A dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dot {
    /// The pod.
    pub tile: Rc<Tile>,
    /// How it is marked.
    pub mark: Mark,
    /// Whether the filter leaves it out.
    pub dim: bool,
}

impl Dot {
    fn uid(&self) -> Uid {
        self.tile.uid
    }

    fn looks_like(&self, other: &Self) -> bool {
        let (one, two) = (&self.tile, &other.tile);
        (self.mark, self.dim) == (other.mark, other.dim)
            && (Rc::ptr_eq(one, two) || (one.look, &one.tag) == (two.look, &two.tag))
    }

    /// Its classes, its look and its family.
    fn colours(&self) -> String {
        let mark = match self.mark {
            Mark::None => "",
            Mark::Selected => " dot--selected",
            Mark::Concerned => " dot--concerned",
        };
        let dim = if self.dim { " dot--dim" } else { "" };
        let look = self.tile.look;
        ["dot ", look.colours(), mark, dim, "\t", look.class(), "\t", &self.tile.tag].concat()
    }

    /// What stays: its uid, its name and its namespace.
    fn names(&self) -> String {
        let key = &self.tile.key;
        [&*self.tile.id, "\t", &key.name, "\t", &key.namespace].concat()
    }
}

/// The steps from one row to another, a line each, in their order: `+` puts a dot before the one at a place, `-` takes
/// one away, `=` paints one anew. Nothing if the two look the same.
pub fn steps(before: &[Dot], after: &[Dot]) -> String {
    let begin = before.iter().zip(after).take_while(|(a, b)| a.uid() == b.uid()).count();
    let ends = before.iter().skip(begin).rev().zip(after.iter().skip(begin).rev());
    let end = ends.take_while(|(a, b)| a.uid() == b.uid()).count();
    let mut steps = Vec::new();
    let paint = |steps: &mut Vec<String>, at: usize, (was, is): (&Dot, &Dot)| {
        if !was.looks_like(is) {
            steps.push(format!("=\t{at}\t{}", is.colours()));
        }
    };
    for (at, pair) in before.iter().zip(after).take(begin).enumerate() {
        paint(&mut steps, at, pair);
    }
    let stay: BTreeSet<Uid> = between(after, begin, end).iter().map(Dot::uid).collect();
    let known: BTreeSet<Uid> = between(before, begin, end).iter().map(Dot::uid).collect();
    let mut old = between(before, begin, end).iter().peekable();
    let mut at = begin;
    for dot in between(after, begin, end) {
        // Who goes; and who stands elsewhere now goes and comes again.
        let moves = known.contains(&dot.uid());
        let leaves = |old: &&Dot| old.uid() != dot.uid() && (moves || !stay.contains(&old.uid()));
        while old.next_if(leaves).is_some() {
            steps.push(format!("-\t{at}"));
        }
        match old.next_if(|old| old.uid() == dot.uid()) {
            Some(was) => paint(&mut steps, at, (was, dot)),
            None => steps.push(format!("+\t{at}\t{}\t{}", dot.colours(), dot.names())),
        }
        at += 1;
    }
    steps.extend(old.map(|_| format!("-\t{at}")));
    let tail = before.iter().rev().zip(after.iter().rev()).take(end);
    for (place, pair) in tail.enumerate() {
        paint(&mut steps, after.len() - 1 - place, pair);
    }
    steps.join("\n")
}

fn between(dots: &[Dot], begin: usize, end: usize) -> &[Dot] {
    dots.get(begin..dots.len() - end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Cluster, Config};
    use crate::sim::Duration;
    use crate::terminal::Terminal;
    use crate::view::palette::Palette;
    use crate::view::pod::Look;
    use crate::view::yard::YardView;

    fn dots() -> Vec<Dot> {
        let (mut cluster, mut terminal) = (Cluster::new(Config::default()), Terminal::default());
        let line = "kubectl create deployment web --image=nginx --replicas=6";
        terminal.start(line).poll(&mut cluster, &mut terminal);
        cluster.run_until(cluster.now() + Duration::from_seconds(20));
        let yard = YardView::build(&cluster, &Rc::default(), &mut Palette::default(), false);
        let dot = |tile: &Rc<Tile>| Dot { tile: Rc::clone(tile), mark: Mark::None, dim: false };
        yard.tiles().map(|(_, tile)| dot(tile)).collect()
    }

    /// What stands there after the steps, as uid and look.
    fn follow(before: &[Dot], steps: &str) -> Vec<(String, String)> {
        let mut row: Vec<(String, String)> =
            before.iter().map(|dot| (dot.tile.id.to_string(), dot.colours())).collect();
        for step in steps.lines() {
            let words: Vec<&str> = step.split('\t').collect();
            let at: usize = words[1].parse().unwrap();
            match words[0] {
                "-" => drop(row.remove(at)),
                "=" => row[at].1 = words[2..].join("\t"),
                _ => row.insert(at, (words[5].to_owned(), words[2..5].join("\t"))),
            }
        }
        row
    }

    fn check(before: &[Dot], after: &[Dot], count: usize) {
        let steps = steps(before, after);
        assert_eq!(follow(before, &steps), follow(after, ""), "{steps}");
        assert_eq!(steps.lines().count(), count, "{steps}");
    }

    #[test]
    fn a_row_becomes_another_by_what_differs() {
        let all = dots();
        let [a, b, c, d, e, f] = all.clone().try_into().unwrap();
        check(&all, &all, 0);
        check(&[], &all, 6);
        check(&all, &[], 6);
        check(&[a.clone(), b.clone()], &[a.clone(), b.clone(), c.clone()], 1);
        check(&all, &[a.clone(), c.clone(), d.clone(), f.clone()], 2);
        check(&[b.clone(), d.clone()], &[a.clone(), c.clone(), e.clone()], 5);
        check(&[a.clone(), b.clone(), c.clone()], &[b.clone(), c.clone(), a.clone()], 2);
        check(&all, &[f, b, d.clone(), a, c.clone(), e.clone()], 10);
        let marked = Dot { mark: Mark::Selected, ..d.clone() };
        let failed = Tile { look: Look::Failed, ..(*e.tile).clone() };
        let failed = Dot { tile: Rc::new(failed), ..e.clone() };
        check(&[c.clone(), d.clone(), e.clone()], &[d.clone(), e.clone()], 1);
        check(&[c, d, e], &[marked, failed], 3);
    }

    #[test]
    fn a_dot_says_who_it_is() {
        let all = dots();
        let one = steps(&[], all.get(..1).unwrap_or_default());
        let tile = &all[0].tile;
        let said = format!("dot look--running\trunning\t{}\t{}", tile.tag, tile.id);
        assert_eq!(one, format!("+\t0\t{said}\t{}\tdefault", tile.key.name));
        let dim = Dot { dim: true, mark: Mark::Concerned, ..all[0].clone() };
        let anew = steps(&all, &[&[dim], all.get(1..).unwrap_or_default()].concat());
        assert!(anew.starts_with("=\t0\tdot look--running dot--concerned dot--dim\t"), "{anew}");
    }
}
