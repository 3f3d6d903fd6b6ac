//! Records in memory, never more than a limit. What has not been asked for longest, as nearly as a clock hand can tell,
//! makes room; the caller keeps what is put out.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// A bounded map with second-chance eviction: the same calls in the same order put out the same keys.
#[derive(Debug)]
pub struct HotSet<K, V> {
    slots: Vec<Slot<K, V>>,
    places: HashMap<K, usize>,
    hand: usize,
    limit: usize,
    evicted: u64,
}

#[derive(Debug)]
struct Slot<K, V> {
    key: K,
    value: V,
    used: bool,
}

impl<K: Clone + Eq + Hash, V> HotSet<K, V> {
    /// Room for `limit` records, at least one.
    pub fn new(limit: usize) -> Self {
        HotSet { slots: Vec::new(), places: HashMap::new(), hand: 0, limit: limit.max(1), evicted: 0 }
    }

    /// The record of a key; `None` when it is not here, which says nothing about whether it was ever seen.
    pub fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = *self.places.get(key)?;
        let slot = &mut self.slots[place];
        slot.used = true;
        Some(&mut slot.value)
    }

    /// Puts a record in and returns what had to make room for it: another key's record, to be kept elsewhere.
    pub fn put(&mut self, key: K, value: V) -> Option<(K, V)> {
        if let Some(held) = self.get(&key) {
            *held = value;
            return None;
        }
        if self.slots.len() < self.limit {
            self.places.insert(key.clone(), self.slots.len());
            self.slots.push(Slot { key, value, used: false });
            return None;
        }
        while self.slots[self.hand].used {
            self.slots[self.hand].used = false;
            self.hand = (self.hand + 1) % self.limit;
        }
        let out = std::mem::replace(&mut self.slots[self.hand], Slot { key: key.clone(), value, used: false });
        self.places.remove(&out.key);
        self.places.insert(key, self.hand);
        self.hand = (self.hand + 1) % self.limit;
        self.evicted += 1;
        Some((out.key, out.value))
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.places.remove(key)?;
        let out = self.slots.swap_remove(place);
        if let Some(moved) = self.slots.get(place) {
            self.places.insert(moved.key.clone(), place);
        }
        self.hand = if self.hand < self.slots.len() { self.hand } else { 0 };
        Some(out.value)
    }

    /// Records held.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many had to make room so far.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_its_limit_and_loses_nothing() {
        let mut hot = HotSet::new(3);
        let mut cold = HashMap::new();
        for key in 0..100u32 {
            if let Some((key, value)) = hot.put(key, key * 2) {
                cold.insert(key, value);
            }
            assert!(hot.len() <= 3);
        }
        assert_eq!(hot.len() + cold.len(), 100);
        assert!(cold.iter().all(|(key, value)| *value == key * 2));
        assert_eq!(hot.evicted(), 97);
    }

    #[test]
    fn what_is_asked_for_stays() {
        let mut hot = HotSet::new(2);
        hot.put("often", 1);
        hot.put("once", 2);
        for key in ["a", "b", "c", "d"] {
            hot.get(&"often");
            hot.put(key, 0);
            hot.get(&"often");
        }
        assert_eq!(hot.remove(&"often"), Some(1));
        assert!(hot.get(&"often").is_none());
    }

    #[test]
    fn after_a_removal_every_key_is_found_where_it_is() {
        let mut hot = HotSet::new(4);
        for key in 0..4 {
            hot.put(key, key);
        }
        assert_eq!(hot.remove(&0), Some(0));
        assert!((1..4).all(|key| hot.get(&key) == Some(&mut key.clone())));
        for key in 4..20 {
            hot.put(key, key);
            assert_eq!(hot.get(&key), Some(&mut key.clone()));
        }
        assert_eq!(hot.len(), 4);
    }
}
