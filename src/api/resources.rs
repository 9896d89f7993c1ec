//! Amounts of cpu, memory and the like, as the scheduler and the kubelet count them.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::quantity::Quantity;
use super::value::Value;

/// An amount of each resource. Absent means 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a cpu.
    pub cpu_milli: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// Bytes of `ephemeral-storage`.
    pub ephemeral_bytes: i64,
    /// Pods; meaningful for nodes only.
    pub pods: i64,
    /// Everything else (`nvidia.com/gpu`, hugepages), in whole units.
    pub extended: BTreeMap<Rc<str>, i64>,
}

impl Resources {
    /// Reads an object of quantities.
    pub fn parse(value: Option<&Value>) -> Self {
        let mut sum = Self::default();
        sum.put(value);
        sum
    }

    /// Puts the amounts that an object of quantities names in the place of what was there.
    pub fn put(&mut self, value: Option<&Value>) {
        for (name, amount) in value.into_iter().flat_map(Value::entries) {
            let Ok(quantity) = Quantity::from_value(amount) else { continue };
            match &**name {
                "cpu" => self.cpu_milli = quantity.milli_value(),
                "memory" => self.memory_bytes = quantity.value(),
                "ephemeral-storage" => self.ephemeral_bytes = quantity.value(),
                "pods" => self.pods = quantity.value(),
                _ => {
                    self.extended.insert(Rc::clone(name), quantity.value());
                }
            }
        }
    }

    /// Adds each amount of `other`.
    pub fn add(&mut self, other: &Self) {
        self.merge(other, i64::saturating_add);
    }

    /// Takes each amount of `other` away.
    pub fn subtract(&mut self, other: &Self) {
        self.merge(other, i64::saturating_sub);
    }

    /// Raises each amount to that of `other` where that is higher.
    pub fn raise(&mut self, other: &Self) {
        self.merge(other, i64::max);
    }

    fn merge(&mut self, other: &Self, with: fn(i64, i64) -> i64) {
        self.cpu_milli = with(self.cpu_milli, other.cpu_milli);
        self.memory_bytes = with(self.memory_bytes, other.memory_bytes);
        self.ephemeral_bytes = with(self.ephemeral_bytes, other.ephemeral_bytes);
        self.pods = with(self.pods, other.pods);
        for (name, amount) in &other.extended {
            let slot = self.extended.entry(Rc::clone(name)).or_default();
            *slot = with(*slot, *amount);
        }
    }
}
