// Words about an order that the hospital changed or cancelled after it had been given to an exam.
export const orderChangeTexts = {
  anew: 'Apply the order as it is now',
  takeBack: 'Take the order back',
  keep: 'Keep the exam as it is',
};
