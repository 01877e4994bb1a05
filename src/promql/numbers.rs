//! Between which numbers the values of a vector surely are.

/// Bounds of the values of series; NaN is never within them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers {
    /// None is below this.
    pub low: f64,
    /// None is above this.
    pub high: f64,
    /// Whether a value may be NaN, which no comparison but `!=` is true for.
    pub may_be_nan: bool,
}

impl Numbers {
    /// Any number.
    pub const ANY: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        may_be_nan: true,
    };

    /// Between two numbers.
    pub fn between(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            may_be_nan: false,
        }
    }

    /// Exactly one number.
    pub fn exactly(number: f64) -> Self {
        if number.is_nan() {
            return Self::ANY;
        }
        Self::between(number, number)
    }

    /// The one number that it is.
    pub fn constant(self) -> Option<f64> {
        (self.low == self.high && !self.may_be_nan).then_some(self.low)
    }

    /// The same without upper bound: a sum of several.
    pub(super) fn summed(self) -> Self {
        Self {
            low: if self.low >= 0.0 {
                self.low
            } else {
                f64::NEG_INFINITY
            },
            high: if self.high <= 0.0 {
                self.high
            } else {
                f64::INFINITY
            },
            // Infinities of both signs add up to none.
            may_be_nan: self.may_be_nan || (self.low < 0.0 && self.high > 0.0),
        }
    }

    /// One or the other.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            may_be_nan: self.may_be_nan || other.may_be_nan,
        }
    }

    pub(super) fn negated(self) -> Self {
        Self {
            low: -self.high,
            high: -self.low,
            ..self
        }
    }

    /// The result of an arithmetic operator.
    pub(super) fn combined(self, operator: &str, other: Self) -> Self {
        let may_be_nan = self.may_be_nan || other.may_be_nan;
        let of = |low: f64, high: f64| match low.is_nan() || high.is_nan() {
            true => Self::ANY,
            false => Self {
                low,
                high,
                may_be_nan,
            },
        };
        match operator {
            "+" => of(self.low + other.low, self.high + other.high),
            "-" => of(self.low - other.high, self.high - other.low),
            "*" if self.is_finite() && other.is_finite() => {
                let all = [
                    self.low * other.low,
                    self.low * other.high,
                    self.high * other.low,
                    self.high * other.high,
                ];
                of(
                    all.into_iter().fold(f64::INFINITY, f64::min),
                    all.into_iter().fold(f64::NEG_INFINITY, f64::max),
                )
            }
            "*" | "/" => match other.constant() {
                Some(factor) if factor > 0.0 && factor.is_finite() => match operator {
                    "*" => of(self.low * factor, self.high * factor),
                    _ => of(self.low / factor, self.high / factor),
                },
                _ => Self::ANY,
            },
            _ => Self::ANY,
        }
    }

    fn is_finite(self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }

    /// Whether a comparison with another is true of all, or of none.
    pub fn compared(self, operator: &str, other: Self) -> Option<bool> {
        let always = match operator {
            ">" => self.low > other.high,
            ">=" => self.low >= other.high,
            "<" => self.high < other.low,
            "<=" => self.high <= other.low,
            "==" => matches!((self.constant(), other.constant()), (Some(a), Some(b)) if a == b),
            "!=" => self.low > other.high || self.high < other.low,
            _ => false,
        };
        let never = match operator {
            ">" => self.high <= other.low,
            ">=" => self.high < other.low,
            "<" => self.low >= other.high,
            "<=" => self.low > other.high,
            "==" => self.low > other.high || self.high < other.low,
            "!=" => matches!((self.constant(), other.constant()), (Some(a), Some(b)) if a == b),
            _ => false,
        };
        let may_be_nan = self.may_be_nan || other.may_be_nan;
        match operator {
            // NaN differs from everything.
            "!=" if may_be_nan => always.then_some(true),
            _ if may_be_nan => never.then_some(false),
            _ if always => Some(true),
            _ if never => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certain_of_a_comparison_is_said() {
        let bool = Numbers::between(0.0, 1.0);
        let growing = Numbers::between(0.0, f64::INFINITY);
        let number = Numbers::exactly;
        for (left, operator, right, expected) in [
            (bool, ">", number(1.0), Some(false)),
            (bool, ">=", number(1.0), None),
            (bool, "==", number(2.0), Some(false)),
            (bool, "<", number(0.5), None),
            (growing, ">=", number(0.0), Some(true)),
            (growing, "<", number(0.0), Some(false)),
            (growing, ">", number(0.0), None),
            (growing, "!=", number(-1.0), Some(true)),
            (Numbers::ANY, ">", number(0.0), None),
            (
                growing.combined("/", number(10.0)),
                "<",
                number(0.0),
                Some(false),
            ),
            (growing.combined("/", growing), "<", number(0.0), None),
            (
                bool.combined("*", number(100.0)),
                ">",
                number(100.0),
                Some(false),
            ),
            (bool.summed(), ">", number(5.0), None),
            (growing.combined("-", growing), "<", number(0.0), None),
        ] {
            assert_eq!(
                left.compared(operator, right),
                expected,
                "{left:?} {operator} {right:?}"
            );
        }
    }
}
