//! What the instances behind an alert have as the values of some labels, compared fast: there may be
//! twenty thousand, and inhibitions ask for every two alerts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::stack::Stack;
use crate::prove::routed::Routed;
use crate::prove::routed::subjects::{Subject, value};

/// Labels, and a number for each combination of their values, by instance.
type Numbers = BTreeMap<Vec<String>, Rc<Vec<usize>>>;

/// Labels and the number of an alert, and the combinations that its instances have.
type Sets = BTreeMap<(Vec<String>, usize), Rc<Set>>;

/// What was compared before.
#[derive(Default)]
pub(super) struct Keys {
    numbers: RefCell<Numbers>,
    sets: RefCell<Sets>,
}

/// The combinations of values that some instances have, a bit each.
pub(super) struct Set(Vec<u64>);

impl Keys {
    /// The combinations that the instances behind an alert have.
    pub(super) fn of(
        &self,
        routed: &Routed<'_>,
        labels: &[&str],
        subject: &Subject<'_>,
    ) -> Rc<Set> {
        let labels: Vec<String> = labels.iter().map(|it| (*it).to_owned()).collect();
        let key = (labels, subject.number);
        if let Some(set) = self.sets.borrow().get(&key) {
            return Rc::clone(set);
        }
        let numbers = self.numbers(routed.stack, &key.0);
        let mut set = Set(Vec::new());
        for instance in &subject.instances {
            set.add(numbers[*instance]);
        }
        let set = Rc::new(set);
        self.sets.borrow_mut().insert(key, Rc::clone(&set));
        set
    }

    fn numbers(&self, stack: &Stack, labels: &[String]) -> Rc<Vec<usize>> {
        if let Some(numbers) = self.numbers.borrow().get(labels) {
            return Rc::clone(numbers);
        }
        let mut known: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        let of_instance = stack.instances.iter().map(|instance| {
            let values = labels.iter().map(|it| value(instance, it)).collect();
            let next = known.len();
            *known.entry(values).or_insert(next)
        });
        let numbers: Rc<Vec<usize>> = Rc::new(of_instance.collect());
        self.numbers
            .borrow_mut()
            .insert(labels.to_vec(), Rc::clone(&numbers));
        numbers
    }
}

impl Set {
    fn add(&mut self, number: usize) {
        let word = number / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % 64);
    }

    /// Whether two sets have a combination in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .any(|(one, other)| one & other != 0)
    }

    /// Whether there is more than one combination.
    pub(super) fn is_several(&self) -> bool {
        self.0.iter().map(|it| it.count_ones()).sum::<u32>() > 1
    }
}
