use super::*;
use crate::cluster::{Cluster, Config};
use crate::sim::Duration;
use crate::terminal::Terminal;
use crate::view::palette::Palette;

fn after(workers: usize, lines: &[&str]) -> Rc<YardView> {
    let mut cluster = Cluster::new(Config { workers, ..Config::default() });
    let mut terminal = Terminal::default();
    for line in lines {
        terminal.start(line).poll(&mut cluster, &mut terminal);
    }
    cluster.run_until(cluster.now() + Duration::from_seconds(30));
    YardView::build(&cluster, &Rc::default(), &mut Palette::default(), false)
}

const TWO: [&str; 2] =
    ["kubectl create deployment web --image=nginx --replicas=3", "kubectl run alone --image=nginx"];

#[test]
fn few_nodes_are_panels_with_tiles() {
    let yard = after(3, &TWO);
    let Scene::Nodes(nodes, density) = scene(&yard, &Stage::default(), &Lit::default()) else {
        panic!()
    };
    assert_eq!((nodes.len(), density), (4, Density::Full));
    let yard = after(30, &TWO);
    let Scene::Nodes(nodes, density) = scene(&yard, &Stage::default(), &Lit::default()) else {
        panic!()
    };
    assert_eq!((nodes.len(), density), (31, Density::Compact));
}

#[test]
fn thousands_of_nodes_are_blocks_that_one_zooms_into() {
    let yard = after(
        1_000,
        &["kubectl create deployment web --image=nginx --replicas=3", "yard node stop worker-60"],
    );
    let Scene::Blocks(blocks) = scene(&yard, &Stage::default(), &Lit::default()) else { panic!() };
    assert_eq!(blocks.len(), 21);
    assert!(
        blocks.iter().all(|block| block.cells.len() == block.nodes * 2 && block.nodes <= BLOCK)
    );
    assert_eq!(blocks[1].down, 1);
    assert_eq!(blocks[1].cells.chars().nth(18), Some('x'), "worker-60 is the tenth of its block");
    assert_eq!(blocks.iter().map(|block| block.counts[Look::Running.index()]).sum::<usize>(), 3);
    let stage = Stage::default().into(blocks[1].zoom.clone());
    let Scene::Nodes(nodes, density) = scene(&yard, &stage, &Lit::default()) else { panic!() };
    assert_eq!((nodes.len(), density), (50, Density::Compact));
    assert_eq!(&*nodes[9].name, "worker-60");
    let stage = stage.into(Zoom::Node("worker-60".into()));
    assert_eq!(stage.zoom.len(), 2, "the block is the way back");
    let Scene::Nodes(nodes, density) = scene(&yard, &stage, &Lit::default()) else { panic!() };
    assert_eq!((nodes.len(), density), (1, Density::Full));
    assert_eq!(stage.clone().out().zoom, [Zoom::Block(1)]);
    assert!(stage.out_to(0).zoom.is_empty());
}

#[test]
fn groups_are_owners_or_namespaces() {
    let yard = after(3, &TWO);
    let Scene::Groups(groups, _) =
        scene(&yard, &Stage::default().arranged(Arrange::Owners), &Lit::default())
    else {
        panic!()
    };
    let sizes: Vec<(&str, usize)> =
        groups.iter().map(|group| (&*group.name, group.tiles.len())).collect();
    assert_eq!(sizes, [("", 1), ("deployment.apps/web", 3)]);
    let stage = Stage::default().arranged(Arrange::Namespaces);
    let Scene::Groups(groups, _) = scene(&yard, &stage, &Lit::default()) else { panic!() };
    assert_eq!((groups.len(), groups[0].tiles.len()), (1, 4));
    let zoomed = stage.into(Zoom::Group("default".into()));
    let Scene::Groups(groups, density) = scene(&yard, &zoomed, &Lit::default()) else { panic!() };
    assert_eq!((groups.len(), density), (1, Density::Full));
}

#[test]
fn a_group_of_thousands_is_bounded_and_a_filter_finds_the_rest() {
    let yard = after(60, &["kubectl create deployment web --image=nginx --replicas=5000"]);
    assert_eq!(yard.density, Density::Heat);
    let stage = Stage::default().arranged(Arrange::Owners);
    let Scene::Blocks(blocks) = scene(&yard, &stage, &Lit::default()) else { panic!() };
    assert_eq!((blocks.len(), blocks[0].cells.len()), (1, CELLS * 2));
    assert_eq!(blocks[0].counts.iter().sum::<usize>(), 5_000);
    let stage = stage.into(blocks[0].zoom.clone());
    let Scene::Groups(groups, _) = scene(&yard, &stage, &Lit::default()) else { panic!() };
    assert_eq!((groups[0].tiles.len(), groups[0].hidden), (GROUP_TILES, 5_000 - GROUP_TILES));
    let last = yard.nodes[59].tiles[0].key.name.to_string();
    let stage = Stage { filter: Filter::parse(&last), ..stage };
    let Scene::Groups(groups, _) = scene(&yard, &stage, &Lit::default()) else { panic!() };
    assert_eq!(groups[0].tiles.len(), 1);
    let Scene::Table(rows, all) =
        scene(&yard, &Stage::default().arranged(Arrange::Table), &Lit::default())
    else {
        panic!()
    };
    assert_eq!((rows.len(), all), (ROWS, 5_000));
}

#[test]
fn the_filter_counts_and_the_map_dims() {
    let yard = after(3, &TWO);
    assert_eq!(found(&yard, &Filter::default()), (4, 4));
    assert_eq!(found(&yard, &Filter::parse("app=web")), (3, 4));
    let yard = after(300, &["kubectl create deployment web --image=nginx --replicas=3"]);
    let stage = Stage { filter: Filter::parse("is:failed"), ..Stage::default() };
    let Scene::Blocks(blocks) = scene(&yard, &stage, &Lit::default()) else { panic!() };
    assert!(blocks.iter().all(|block| block.cells.chars().step_by(2).all(|cell| cell == '.')));
}

#[test]
fn places_have_words_for_the_address() {
    for zoom in [Zoom::Block(3), Zoom::Node("worker-1".into()), Zoom::Group("job.batch/a:b".into())]
    {
        assert_eq!(Zoom::from_word(&zoom.word()), Some(zoom));
    }
    assert_eq!(Zoom::from_word("nowhere"), None);
    for arrange in Arrange::ALL {
        assert_eq!(Arrange::from_word(arrange.word()), arrange);
    }
}

#[test]
fn on_the_map_the_cells_of_what_is_governed_or_pointed_at_are_lit() {
    let lines = ["kubectl create deployment web --image=nginx --replicas=3"];
    let yard = after(1_000, &lines);
    let web: Vec<(&Rc<NodeView>, &Rc<Tile>)> =
        yard.tiles().filter_map(|(node, tile)| Some((node?, tile))).collect();
    let lights = |places: &[usize]| Lights {
        pods: Rc::new(places.iter().map(|place| web[*place].1.uid).collect()),
        nodes: Rc::new(places.iter().map(|place| Rc::clone(&web[*place].0.name)).collect()),
    };
    let marks = |stage: &Stage, lit: &Lit| -> String {
        let Scene::Blocks(blocks) = scene(&yard, stage, lit) else { panic!() };
        blocks.iter().map(|block| &*block.marks).collect::<String>().replace('.', "")
    };
    let nodes = Stage::default();
    assert_eq!(marks(&nodes, &Lit::default()), "");
    let governed = Lit { governed: lights(&[0]), ..Lit::default() };
    assert_eq!(marks(&nodes, &governed), "g");
    let Scene::Blocks(blocks) = scene(&yard, &nodes, &governed) else { panic!() };
    let lit = blocks.iter().find(|block| !block.marks.is_empty()).unwrap();
    let cell = lit.marks.find('g').unwrap();
    let Scene::Nodes(few, _) = scene(&yard, &nodes.into(lit.zoom.clone()), &Lit::default()) else {
        panic!()
    };
    assert_eq!(few[cell].name, web[0].0.name, "the cell is that of its node");
    let nodes = Stage::default();
    let both = Lit { pointed: lights(&[0, 1]), ..governed };
    let mut found: Vec<char> = marks(&nodes, &both).chars().collect();
    found.sort_unstable();
    assert_eq!(found, ['b', 'f']);
    let family = web[0].1.owner.as_ref().map(|owner| owner.uid);
    assert_eq!(marks(&nodes, &Lit { family, ..Lit::default() }), "fff");
    let yard = after(60, &["kubectl create deployment web --image=nginx --replicas=5000"]);
    let pods = yard.tiles().take(5).map(|(_, tile)| tile.uid).collect();
    let lit =
        Lit { governed: Lights { pods: Rc::new(pods), ..Lights::default() }, ..Lit::default() };
    let owners = Stage::default().arranged(Arrange::Owners);
    let Scene::Blocks(blocks) = scene(&yard, &owners, &lit) else { panic!() };
    assert_eq!(blocks[0].marks.chars().filter(|mark| *mark == 'g').count(), 5, "a cell per pod");
    assert_eq!(blocks[0].marks.len() * 2, blocks[0].cells.len());
}
