#pragma once
/// \file
/// A struct is described once: `describe(T&, Fields&)` names its fields, and the YAML reader, the JSON schema, `show`, `resolve`
/// and every later walker are implementations of `Fields`.
#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/provenance/ledger.hpp"

namespace mlsysim {

/// What is said about a field besides its value.
struct FieldInfo {
  std::string_view key;                ///< as in YAML and JSON; also the member's name
  std::string_view doc;                ///< meaning, for the schema, `show` and the API reference
  bool required = true;                ///< must be given
  bool bits = false;                   ///< sources print it in bits; elsewhere bits are refused
  double minimum = -1e300;             ///< in base units
  double maximum = 1e300;              ///< in base units
  bool above_minimum = false;          ///< the minimum itself is not allowed
  std::optional<double> fallback{};    ///< base units, enum index or 0/1
  std::string_view fallback_reason{};  ///< why this default; listed in every result which uses it
};

/// Options of a field, in any order after its documentation: `f("pue", d.pue, "…", at_least(1), defaults_to(1.0, "…"))`.
struct FieldOption {
  /// What an option says.
  enum class Kind : std::uint8_t { at_least, above, at_most, defaults_to, in_bits, optional } kind;  ///< what this one says
  double value = 0;                                                                                  ///< limit or default, base units
  std::string_view text{};                                                                           ///< reason of a default
};
/// Greater than zero.
inline constexpr FieldOption positive{FieldOption::Kind::above, 0};
/// Zero or more.
inline constexpr FieldOption not_negative{FieldOption::Kind::at_least, 0};
/// May be left out (texts and lists; everything else says so by `std::optional`).
inline constexpr FieldOption optional_field{FieldOption::Kind::optional};
/// The usual unit is the bit: ports, buses, pins.
inline constexpr FieldOption in_bits{FieldOption::Kind::in_bits};
/// \{
/// Limit which is itself allowed, in base units.
constexpr FieldOption at_least(double base_value) { return {FieldOption::Kind::at_least, base_value}; }
constexpr FieldOption at_most(double base_value) { return {FieldOption::Kind::at_most, base_value}; }
/// \}
/// Least value which is allowed.
template <Dimension D>
constexpr FieldOption at_least(Quantity<D> q) {
  return at_least(q.raw());
}
/// Largest value which is allowed.
template <Dimension D>
constexpr FieldOption at_most(Quantity<D> q) {
  return at_most(q.raw());
}
/// The value when the file has none, and the reason a result gives for it.
template <class T>
constexpr FieldOption defaults_to(T value, std::string_view reason) {
  if constexpr (std::is_enum_v<T> || std::is_same_v<T, bool>) {
    return {FieldOption::Kind::defaults_to, static_cast<double>(static_cast<int>(value)), reason};
  } else {
    return {FieldOption::Kind::defaults_to, detail::base_value(value), reason};
  }
}

/// A scalar on its way in or out.
struct Scalar {
  /// What a value can be.
  enum class Kind : std::uint8_t { quantity, integer, flag, choice, text } kind;  ///< what this one is
  Dimension dimension{};                                                          ///< of a quantity
  std::span<const std::string_view> names{};                                      ///< of a choice
  double number = 0;                                                              ///< base units, integer, 0/1 or index
  std::string text{};                                                             ///< of a text, a choice as written, or a name
  Origin origin{};                                                                ///< where it was read or what assumed it
  bool present = false;                                                           ///< false: the field was left out
  void* member = nullptr;                                                         ///< where it is kept, as long as what is described stays there
  void (*put)(Scalar const&, void* member) = nullptr;                             ///< puts a scalar there
};

/// The registry kinds which a scenario may name or define in place.
enum class EntryKind : std::uint8_t { hardware, model, grid, datacentre, price, node, fabric, fleet, calibration, technique, scaling_law };
/// Spellings of `EntryKind`, in its order.
inline constexpr std::array<std::string_view, 11> entry_kind_name{"hardware", "model", "grid",   "datacentre",  "price",      "node",
                                                                  "fabric",   "fleet", "calibration", "technique", "scaling_law"};

/// Visitor of described fields.
class Fields {
 public:
  virtual ~Fields() = default;

  /// A number, flag, choice or text. A reader replaces `value`, a writer looks at it.
  virtual void scalar(FieldInfo const& info, Scalar& value) = 0;
  /// A nested struct: returns whether to visit its fields; then `end()` follows them.
  virtual bool begin(FieldInfo const& info, bool present) = 0;
  /// After the fields of a struct whose `begin` returned true.
  virtual void end() = 0;
  /// A list of `size` elements: returns how many to visit; `item(i)` precedes each, `end_list()` closes.
  virtual std::size_t begin_list(FieldInfo const& info, std::size_t size) = 0;
  virtual void item(std::size_t index) = 0;  ///< before the fields of element `index`, from 0
  virtual void end_list() = 0;               ///< after the last element
  /// A registry entry by name (`id`) or defined in place: returns whether it is present. `value` describes the entry.
  virtual bool reference(FieldInfo const& info, EntryKind kind, std::string& id, bool present,
                         std::function<void(Fields&)> const& value) = 0;

  /// Describes one field. The type of `member` says what kind of field it is; `std::optional` makes it optional.
  template <class T, class... Options>
  void operator()(std::string_view key, T& member, std::string_view doc, Options... options) {
    FieldInfo info{key, doc};
    (apply(info, options), ...);
    visit(info, member);
  }

 private:
  static void apply(FieldInfo& info, FieldOption const& o) {
    using Kind = FieldOption::Kind;
    if (o.kind == Kind::at_least) info.minimum = o.value;
    if (o.kind == Kind::above) info.minimum = o.value, info.above_minimum = true;
    if (o.kind == Kind::at_most) info.maximum = o.value;
    if (o.kind == Kind::in_bits) info.bits = true;
    if (o.kind == Kind::optional) info.required = false;
    if (o.kind == Kind::defaults_to) info.fallback = o.value, info.fallback_reason = o.text, info.required = false;
  }

  template <class T>
  void visit(FieldInfo& info, T& member);
};

/// A registry entry by name or in place.
template <class T>
struct Ref {
  std::string id;  ///< of the registry entry; empty where it was defined in place
  T value{};       ///< the entry itself
};

/// One optional value per enumerator, e.g. a peak per precision. The enum has `count` as its last enumerator.
template <class Enum, class T>
class EnumMap {
 public:
  /// \{
  /// The value of an enumerator. \pre `e` is not `count`
  std::optional<T>& operator[](Enum e) { return values_[static_cast<std::size_t>(e)]; }
  std::optional<T> const& operator[](Enum e) const { return values_[static_cast<std::size_t>(e)]; }
  /// \}
  /// True if no enumerator has a value.
  bool empty() const {
    for (auto const& v : values_)
      if (v) return false;
    return true;
  }

 private:
  std::array<std::optional<T>, static_cast<std::size_t>(Enum::count)> values_{};
};

namespace detail {

template <class T>
struct is_sourced_quantity : std::false_type {};
template <Dimension D>
struct is_sourced_quantity<Sourced<Quantity<D>>> : std::true_type {
  static constexpr Dimension dimension = D;
};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_ref : std::false_type {};
template <class T>
struct is_ref<Ref<T>> : std::true_type {
  using entry = T;
};
template <class T>
struct is_enum_map : std::false_type {};
template <class E, class T>
struct is_enum_map<EnumMap<E, T>> : std::true_type {
  using key = E;
};

/// Moves a member to and from the type-erased form which the virtual functions see.
template <class T>
void to_scalar(T const& m, Scalar& s);
template <class T>
void from_scalar(Scalar const& s, T& m);

template <class T>
inline constexpr bool is_scalar_field = is_sourced_quantity<T>::value || std::is_same_v<T, Real> || std::is_same_v<T, Count> ||
                                        std::is_same_v<T, std::string> || std::is_same_v<T, bool> || std::is_enum_v<T>;

template <class T>
Scalar blank_scalar() {
  if constexpr (is_sourced_quantity<T>::value) return {Scalar::Kind::quantity, is_sourced_quantity<T>::dimension};
  else if constexpr (std::is_same_v<T, Real>) return {Scalar::Kind::quantity};
  else if constexpr (std::is_same_v<T, Count>) return {Scalar::Kind::integer};
  else if constexpr (std::is_same_v<T, bool>) return {Scalar::Kind::flag};
  else if constexpr (std::is_same_v<T, std::string>) return {Scalar::Kind::text};
  else return {Scalar::Kind::choice, {}, names_of(T{})};
}
template <class T>
void to_scalar(T const& m, Scalar& s) {
  if constexpr (is_sourced_quantity<T>::value) s.number = m.value.raw(), s.origin = m.origin;
  else if constexpr (std::is_same_v<T, Real> || std::is_same_v<T, Count>) s.number = m.value, s.origin = m.origin;
  else if constexpr (std::is_same_v<T, std::string>) s.text = m;
  else s.number = static_cast<double>(static_cast<int>(m));
}
template <class T>
void from_scalar(Scalar const& s, T& m) {
  if constexpr (is_sourced_quantity<T>::value) m = {Quantity<is_sourced_quantity<T>::dimension>{s.number}, s.origin};
  else if constexpr (std::is_same_v<T, Real>) m = {s.number, s.origin};
  else if constexpr (std::is_same_v<T, Count>) m = {static_cast<int>(s.number), s.origin};
  else if constexpr (std::is_same_v<T, std::string>) m = s.text;
  else if constexpr (std::is_same_v<T, bool>) m = s.number != 0;
  else m = static_cast<T>(static_cast<int>(s.number));
}

}  // namespace detail

template <class T>
void Fields::visit(FieldInfo& info, T& member) {
  if constexpr (detail::is_scalar_field<T>) {
    Scalar s = detail::blank_scalar<T>();
    detail::to_scalar(member, s);
    s.present = true;
    s.member = &member;
    s.put = [](Scalar const& from, void* to) { detail::from_scalar(from, *static_cast<T*>(to)); };
    if constexpr (std::is_same_v<T, std::string>) s.present = !member.empty();
    scalar(info, s);
    detail::from_scalar(s, member);
  } else if constexpr (detail::is_optional<T>::value) {
    using Inner = typename T::value_type;
    info.required = false;
    if constexpr (detail::is_scalar_field<Inner>) {
      Scalar s = detail::blank_scalar<Inner>();
      if (member) detail::to_scalar(*member, s);
      s.present = member.has_value();
      s.member = &member;
      s.put = [](Scalar const& from, void* to) {
        T& m = *static_cast<T*>(to);
        if (!from.present) return m.reset();
        if (!m) m.emplace();
        detail::from_scalar(from, *m);
      };
      scalar(info, s);
      s.put(s, &member);
    } else if constexpr (detail::is_ref<Inner>::value) {
      const bool present = member.has_value();
      if (!present) member.emplace();
      Inner& r = *member;
      if (!reference(info, entry_kind(r.value), r.id, present, [&](Fields& f) { describe(r.value, f); })) member.reset();
    } else {
      if (begin(info, member.has_value())) {
        if (!member) member.emplace();
        describe(*member, *this);
        end();
      }
    }
  } else if constexpr (detail::is_vector<T>::value) {
    const std::size_t n = begin_list(info, member.size());
    member.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      item(i);
      FieldInfo element{};
      element.doc = info.doc;
      element.minimum = info.minimum, element.maximum = info.maximum, element.above_minimum = info.above_minimum;
      element.bits = info.bits;
      visit(element, member[i]);
    }
    end_list();
  } else if constexpr (detail::is_ref<T>::value) {
    reference(info, entry_kind(member.value), member.id, true, [&](Fields& f) { describe(member.value, f); });
  } else if constexpr (detail::is_enum_map<T>::value) {
    using Key = typename detail::is_enum_map<T>::key;
    const auto names = names_of(Key{});
    if (begin(info, !member.empty())) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        FieldInfo element{names[i], info.doc};
        element.minimum = info.minimum, element.maximum = info.maximum, element.above_minimum = info.above_minimum;
        element.bits = info.bits;
        visit(element, member[static_cast<Key>(i)]);
      }
      end();
    }
  } else {
    if (begin(info, true)) {
      describe(member, *this);
      end();
    }
  }
}

}  // namespace mlsysim
