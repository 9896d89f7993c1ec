//! What is done to the machines under the cluster: nodes that join, stop and leave, pods that crash and hang.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Cluster;
use crate::api::ApiError;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::apiserver::Written;
use crate::cluster::bootstrap::NodeSpecification;
use crate::cluster::causes::{LoopId, LoopKey, Trigger};
use crate::cluster::input::Action;
use crate::kubelet::{self, Registry};
use crate::reconcile::{DeleteOptions, Key};

impl Cluster {
    pub(super) fn perform(&mut self, action: &Action) -> Result<String, String> {
        match action {
            Action::StopNode(name) => {
                self.machine(name)?;
                self.world.kubelets.stop(name, self.world.now);
                self.wake_node(name);
                Ok(format!("node/{name} stopped"))
            }
            Action::StartNode(name) => {
                self.machine(name)?;
                self.world.kubelets.start(name, self.world.now);
                self.wake_node(name);
                Ok(format!("node/{name} started"))
            }
            Action::AddNode { name, labels, cpu, memory } => {
                self.add_node(name.as_ref(), labels, cpu.as_ref(), memory.as_ref())
            }
            Action::RemoveNode(name) => {
                self.machine(name)?;
                self.world.kubelets.remove_machine(name, self.world.now);
                let cause = self.cause_of_input();
                let key = ObjectKey::cluster(Rc::clone(name));
                let gone = self
                    .write(cause, |api| api.delete(Kind::Node, &key, &DeleteOptions::default()));
                gone.map(|_| format!("node/{name} removed")).map_err(|error| error.message)
            }
            Action::CrashPod { pod, container } => {
                let found = self.running_pod(pod)?;
                kubelet::crash(
                    &mut self.world.kubelets,
                    &found,
                    container.as_deref(),
                    self.world.now,
                )?;
                self.wake_pod(&found);
                Ok(format!("pod/{} crashed", pod.name))
            }
            Action::Leave { pod, container, code } => {
                let found = self.running_pod(pod)?;
                kubelet::leave(&mut self.world.kubelets, &found, container, *code, self.world.now)?;
                self.wake_pod(&found);
                Ok(format!("pod/{} left", pod.name))
            }
            Action::HangPod { pod } => {
                let found = self.running_pod(pod)?;
                kubelet::hang(&mut self.world.kubelets, &found, self.world.now)?;
                self.wake_pod(&found);
                Ok(format!("pod/{} hangs", pod.name))
            }
            Action::Registry(state) => {
                self.world.kubelets.set_registry(*state);
                Ok(match state {
                    Registry::Up => "registry up".into(),
                    Registry::Slow => "registry slow".into(),
                    Registry::Down => "registry down".into(),
                })
            }
        }
    }

    fn machine(&self, name: &Rc<str>) -> Result<(), String> {
        match self.world.store.nodes().get(&ObjectKey::cluster(Rc::clone(name))) {
            Some(_) => Ok(()),
            None => Err(format!("node \"{name}\" not found")),
        }
    }

    fn running_pod(&self, key: &ObjectKey) -> Result<Rc<Pod>, String> {
        self.world
            .store
            .pods()
            .get(key)
            .cloned()
            .ok_or_else(|| format!("pod \"{}\" not found", key.name))
    }

    fn wake_node(&mut self, name: &Rc<str>) {
        let store = &self.world.store;
        let keys = kubelet::keys_of_node(store, name);
        self.wake_kubelet(keys);
    }

    pub(super) fn wake_pod(&mut self, pod: &Pod) {
        self.wake_kubelet(vec![kubelet::key_of_pod(pod)]);
    }

    fn wake_kubelet(&mut self, keys: Vec<Key>) {
        let input = self.inputs.len().checked_sub(1);
        for key in keys {
            let key = LoopKey { loop_id: LoopId::Kubelet, key };
            self.world.queue.add(key, input.map(Trigger::Input));
        }
    }

    fn add_node(
        &mut self,
        name: Option<&Rc<str>>,
        labels: &BTreeMap<Rc<str>, Rc<str>>,
        cpu: Option<&Rc<str>>,
        memory: Option<&Rc<str>>,
    ) -> Result<String, String> {
        let store = &self.world.store;
        let taken = |name: &str| store.nodes().get(&ObjectKey::cluster(name)).is_some();
        let number = self.world.kubelets.machines_ever();
        let name: Rc<str> = match name {
            Some(name) => Rc::clone(name),
            None => (1..)
                .map(|n| format!("worker-{n}"))
                .find(|name| !taken(name))
                .unwrap_or_default()
                .into(),
        };
        let mut node = NodeSpecification::worker(name, number);
        node.labels.clone_from(labels);
        if let Some(cpu) = cpu {
            node.cpu = Rc::clone(cpu);
        }
        if let Some(memory) = memory {
            node.memory = Rc::clone(memory);
        }
        self.join(&node).map_err(|error| error.message)?;
        // Pods may be bound to a name that stood before.
        self.wake_node(&node.name);
        Ok(format!("node/{} added", node.name))
    }

    /// A node joins: its machine runs, its kubelet registers it.
    fn join(&mut self, node: &NodeSpecification) -> Result<Written, ApiError> {
        let object = node.object(self.config.seed);
        let cause = self.cause_of_input();
        self.world.kubelets.add_machine(&node.name, self.world.now);
        self.write(cause, |api| api.create(Kind::Node, "", &object))
    }
}
